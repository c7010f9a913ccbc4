import { originOf } from '../../manager/origin.js';
import type { ProviderHealth } from '../../providers/provider.js';
import { EnimCommand } from '../base.js';

interface ProviderResult {
  readonly provider: string;
  readonly health: ProviderHealth;
  readonly config: string;
}

/** `enim provider`: which provider is in force. */
export default class Provider extends EnimCommand {
  static override summary = 'Show which provider is in force, and whether it can do its work';

  static override description = 'It ends with 1 if the provider cannot do its work.';

  static override examples = ['<%= config.bin %> provider', '<%= config.bin %> provider --json'];

  async run(): Promise<ProviderResult> {
    const { flags } = await this.parse(Provider);
    const { parts, locations } = this.open(flags, 'provider');
    const health = await parts.provider.health();
    const lines = [
      `${parts.provider.name}: ${health.ok ? 'healthy' : 'not healthy'}; ${health.message}`,
      `  settings  ${locations.config}`,
      `  state     ${locations.stateDir}`,
      ...(health.ok ? [] : [`  Try: ${health.hint ?? originOf(parts.provider)}`]),
    ];
    this.show(() => lines.join('\n'));
    const result = { provider: parts.provider.name, health, config: locations.config };
    if (health.ok) return result;
    // An exit code takes the place of the document, so it is printed before.
    if (this.jsonEnabled()) this.logJson(result);
    return this.exit(1);
  }
}
