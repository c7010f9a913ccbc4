import { Args, Flags } from '@oclif/core';
import { quarantine } from '../../manager/quarantine.js';
import { parseReason } from '../../model/cordon.js';
import { parseDuration } from '../../model/duration.js';
import { EnimError } from '../../model/errors.js';
import type { Quarantine } from '../../model/quarantine.js';
import { EnimCommand } from '../base.js';

/** `enim provider quarantine`: keeps an ENI from being given out. */
export default class ProviderQuarantine extends EnimCommand {
  static override summary = 'Keep an ENI from being given out';

  static override description =
    'A pod that has it keeps it; afterwards nobody gets it until the time is over, or until: enim provider restore ENI.';

  static override examples = [
    '<%= config.bin %> provider quarantine eni-b',
    '<%= config.bin %> provider quarantine eni-b --reason "drops packets" --for 1h',
  ];

  static override args = { eni: Args.string({ required: true, ignoreStdin: true, description: 'ID of the ENI' }) };

  static override flags = {
    reason: Flags.string({
      helpValue: 'TEXT',
      default: 'by hand',
      description: 'why, for those who see it in the list',
    }),
    for: Flags.string({ helpValue: 'DURATION', description: 'how long; without it until it is restored' }),
  };

  async run(): Promise<{ readonly eni: string; readonly quarantine: Quarantine }> {
    const { args, flags } = await this.parse(ProviderQuarantine);
    const duration = flags.for === undefined ? null : someTime(flags.for);
    const reason = parseReason(flags.reason);
    const { parts } = this.open(flags, `provider quarantine ${args.eni}`);
    const entry = await quarantine(parts, args.eni, { reason, duration });
    const end = entry.until === null ? `until: enim provider restore ${args.eni}` : `until ${entry.until}`;
    this.show(() => `${args.eni} is given to nobody ${end}.`);
    return { eni: args.eni, quarantine: entry };
  }
}

function someTime(text: string): number {
  const duration = parseDuration(text, '--for');
  if (duration > 0) return duration;
  throw new EnimError('INVALID_ARGUMENT', `--for is "${text}", which is no time at all.`, {
    hint: 'use for example --for 1h; without --for it lasts until it is restored',
  });
}
