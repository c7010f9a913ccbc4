import { Flags } from '@oclif/core';
import { interruption } from '../interruption.js';
import type { Parts } from '../manager/parts.js';
import { failures, type Synced } from '../manager/sync/outcome.js';
import { sync } from '../manager/sync/sync.js';
import { parseInterval } from '../model/duration.js';
import { EnimError } from '../model/errors.js';
import { renderSynced, renderSyncedLines } from '../render/synced.js';
import { EnimCommand } from './base.js';

/** `enim sync`: makes the node what the cluster wants for its ENIs. */
export default class Sync extends EnimCommand {
  static override summary = 'Make the NICs of a cluster’s ENIs ready on this node, and say so in the cluster';

  static override description =
    `For the provider kubernetes. Finds the NIC of each ENI by its MAC, names it cce-eni-N, and sets the ENI's CCEStatus to ReadyOnNode. For an ENI in Secondary mode, whose addresses are for pods, it also sets up the NIC, its routing table and its rules. An ENI that a pod has, or that is going, is left alone, and so is a NIC that the node itself needs. Run again, it changes nothing.`;

  static override examples = [
    '<%= config.bin %> sync --dry-run',
    '<%= config.bin %> sync',
    '<%= config.bin %> sync --every 30s',
  ];

  static override flags = {
    'dry-run': Flags.boolean({
      default: false,
      description: 'show the commands that would be run, and change nothing',
    }),
    every: Flags.string({
      helpValue: 'DURATION',
      description: 'stay and repeat it this often, until SIGTERM or Ctrl-C',
    }),
  };

  async run(): Promise<Synced> {
    const { flags } = await this.parse(Sync);
    const every = flags.every === undefined ? null : parseInterval(flags.every, '--every');
    const { parts } = this.open(flags, 'sync');
    const request = { dryRun: flags['dry-run'] };
    const signal = interruption();
    if (every !== null) return this.repeat(parts, request, every, signal);
    const synced = await sync(parts, request, signal);
    this.show(() => renderSynced(synced, this.width()));
    const failed = failures(synced);
    if (failed.length === 0 || request.dryRun) return synced;
    throw new EnimError('LINK_FAILED', `${failed.length} of ${synced.enis.length} ENIs could not be made ready.`, {
      details: failed,
      hint: 'mend what is said above, then: enim sync',
    });
  }

  /** What fails in a round is tried again in the next, and said once as long as it stays the same. */
  private async repeat(
    parts: Parts,
    request: { dryRun: boolean },
    every: number,
    signal: AbortSignal,
  ): Promise<Synced> {
    let last: Synced = { dryRun: request.dryRun, node: { commands: [], error: null }, enis: [] };
    let said: readonly string[] = [];
    while (!signal.aborted) {
      let failed: readonly string[];
      try {
        last = await sync(parts, request, signal);
        for (const line of renderSyncedLines(last)) this.show(() => line);
        failed = failures(last);
      } catch (thrown) {
        // A setting does not mend itself.
        if (!(thrown instanceof EnimError) || thrown.exitCode === 2) throw thrown;
        failed = [[thrown.message, ...thrown.details].join('\n  ')];
      }
      for (const line of failed) if (!said.includes(line)) this.warn(line);
      said = failed;
      await parts.sleep(every, signal);
    }
    return last;
  }
}
