import { Args } from '@oclif/core';
import { restore } from '../../manager/quarantine.js';
import { EnimCommand } from '../base.js';

/** `enim provider restore`: ends a quarantine. */
export default class ProviderRestore extends EnimCommand {
  static override summary = 'End the quarantine of an ENI';

  static override description = 'Succeeds when it is in none.';

  static override examples = ['<%= config.bin %> provider restore eni-b'];

  static override args = { eni: Args.string({ required: true, ignoreStdin: true, description: 'ID of the ENI' }) };

  async run(): Promise<{ readonly eni: string; readonly restored: boolean }> {
    const { args, flags } = await this.parse(ProviderRestore);
    const { parts } = this.open(flags, `provider restore ${args.eni}`);
    const restored = await restore(parts, args.eni);
    this.show(() =>
      restored ? `${args.eni} may be given out again.` : `Nothing to do: ${args.eni} is in no quarantine.`,
    );
    return { eni: args.eni, restored };
  }
}
