import { Flags } from '@oclif/core';
import { interruption } from '../interruption.js';
import type { Collected } from '../manager/gc/finding.js';
import { gc } from '../manager/gc/gc.js';
import type { Parts } from '../manager/parts.js';
import { parseDuration, parseInterval } from '../model/duration.js';
import { EnimError } from '../model/errors.js';
import { renderVerdicts } from '../render/verdicts.js';
import { EnimCommand } from './base.js';

interface GcResult {
  readonly dryRun: boolean;
  readonly verdicts: readonly Collected[];
}

/** `enim gc`: collects what abnormal ends left behind. */
export default class Gc extends EnimCommand {
  static override summary = 'Reclaim the ENIs of pods that are gone';

  static override description =
    `Judges every ENI that is not plainly free, says why, and brings home what belonged to pods that no longer exist. It looks twice, the grace period apart, and reclaims only what was dead at both looks. Nothing that is alive is touched.`;

  static override examples = [
    '<%= config.bin %> gc --dry-run',
    '<%= config.bin %> gc',
    '<%= config.bin %> gc --grace 10s --every 30s',
  ];

  static override flags = {
    'dry-run': Flags.boolean({ default: false, description: 'say what would be done, and change nothing' }),
    grace: Flags.string({
      helpValue: 'DURATION',
      default: '2s',
      description: 'how long something must be dead before it is reclaimed',
    }),
    every: Flags.string({
      helpValue: 'DURATION',
      description: 'stay and repeat it this often, until SIGTERM or Ctrl-C',
    }),
  };

  async run(): Promise<GcResult> {
    const { flags } = await this.parse(Gc);
    const request = { dryRun: flags['dry-run'], grace: parseDuration(flags.grace, '--grace') };
    const every = flags.every === undefined ? null : parseInterval(flags.every, '--every');
    const { parts } = this.open(flags, 'gc');
    const signal = interruption();
    if (every === null) return this.once(parts, request, signal);
    let last: GcResult = { dryRun: request.dryRun, verdicts: [] };
    while (!signal.aborted) {
      last = await this.round(parts, request, signal);
      await parts.sleep(every, signal);
    }
    return last;
  }

  private async once(
    parts: Parts,
    request: { dryRun: boolean; grace: number },
    signal: AbortSignal,
  ): Promise<GcResult> {
    const verdicts = await gc(parts, request, signal);
    this.show(() => renderVerdicts(verdicts, request.dryRun, this.width()));
    const failed = verdicts.filter(({ error }) => error !== null);
    if (failed.length > 0) {
      throw new EnimError('LINK_FAILED', `${failed.length} of ${verdicts.length} ENIs could not be reclaimed.`, {
        details: failed.map(({ eni, error }) => `${eni}: ${error}`),
        hint: 'mend what is said above, then: enim gc',
      });
    }
    return { dryRun: request.dryRun, verdicts };
  }

  /** One of many: what fails now is tried again next time, so it is said and does not end the loop. */
  private async round(
    parts: Parts,
    request: { dryRun: boolean; grace: number },
    signal: AbortSignal,
  ): Promise<GcResult> {
    try {
      return await this.once(parts, request, signal);
    } catch (thrown) {
      if (!(thrown instanceof EnimError)) throw thrown;
      this.warn([thrown.message, ...thrown.details].join('\n  '));
      return { dryRun: request.dryRun, verdicts: [] };
    }
  }
}
