import { Flags } from '@oclif/core';
import { interruption } from '../interruption.js';
import type { Collected } from '../manager/gc/finding.js';
import { gc } from '../manager/gc/gc.js';
import { parseDuration } from '../model/duration.js';
import { EnimError } from '../model/errors.js';
import { renderVerdicts } from '../render/verdicts.js';
import { EnimCommand } from './base.js';
import { everyFlag, everyOf, type Round, repeat } from './every.js';

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
    every: everyFlag,
  };

  async run(): Promise<GcResult> {
    const { flags } = await this.parse(Gc);
    const dryRun = flags['dry-run'];
    const grace = parseDuration(flags.grace, '--grace');
    const every = everyOf(flags.every);
    const { parts: found } = this.open(flags, 'gc');
    const parts = { ...found, sleep: this.sleeping(found, `what is dead to be so for ${flags.grace}`) };
    const signal = interruption();
    const round = async (): Promise<Round<GcResult>> => {
      const verdicts = await gc(parts, { dryRun, grace }, signal);
      this.show(() => renderVerdicts(verdicts, dryRun, this.width()));
      const failed = verdicts.filter(({ error }) => error !== null).map(({ eni, error }) => `${eni}: ${error}`);
      return { document: { dryRun, verdicts }, failed };
    };
    if (every !== null) {
      this.progress.stop();
      const warn = (message: string): unknown => this.warn(message);
      return repeat(round, { dryRun, verdicts: [] }, { every, sleep: parts.sleep, warn }, signal);
    }
    const { document, failed } = await round();
    if (failed.length === 0) return document;
    throw new EnimError('LINK_FAILED', `${failed.length} of ${document.verdicts.length} ENIs could not be reclaimed.`, {
      details: failed,
      hint: 'mend what is said above, then: enim gc',
    });
  }
}
