import { originOf } from '../../manager/origin.js';
import type { ProvidedEni } from '../../providers/provider.js';
import { renderProvided } from '../../render/provided.js';
import { EnimCommand } from '../base.js';

interface ProviderListResult {
  readonly enis: readonly ProvidedEni[];
}

/** `enim provider list`: the provider's own view. */
export default class ProviderList extends EnimCommand {
  static override summary = 'Show the ENIs as the provider sees them: who holds which, and since when';

  static override examples = ['<%= config.bin %> provider list', '<%= config.bin %> provider list --json'];

  async run(): Promise<ProviderListResult> {
    const { flags } = await this.parse(ProviderList);
    const { parts } = this.open(flags, 'provider list');
    const enis = await parts.provider.list();
    this.show(() =>
      renderProvided(enis, { width: this.width(), now: parts.clock(), origin: originOf(parts.provider) }),
    );
    return { enis };
  }
}
