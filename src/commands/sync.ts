import { Flags } from '@oclif/core';
import { interruption } from '../interruption.js';
import { failures, type Synced } from '../manager/sync/outcome.js';
import { sync } from '../manager/sync/sync.js';
import { EnimError } from '../model/errors.js';
import { renderSynced, renderSyncedLines } from '../render/synced.js';
import { EnimCommand } from './base.js';
import { everyFlag, everyOf, type Round, repeat } from './every.js';

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
      description: 'say what would be done, and change nothing',
    }),
    every: everyFlag,
  };

  async run(): Promise<Synced> {
    const { flags } = await this.parse(Sync);
    const dryRun = flags['dry-run'];
    const every = everyOf(flags.every);
    const { parts } = this.open(flags, 'sync');
    const signal = interruption();
    if (every !== null) {
      this.progress.stop();
      const round = async (): Promise<Round<Synced>> => {
        const synced = await sync(parts, { dryRun }, signal);
        for (const line of renderSyncedLines(synced)) this.show(() => line);
        return { document: synced, failed: failures(synced) };
      };
      const none = { dryRun, node: { commands: [], error: null }, enis: [] };
      const warn = (message: string): unknown => this.warn(message);
      return repeat<Synced>(round, none, { every, sleep: parts.sleep, warn }, signal);
    }
    const synced = await sync(parts, { dryRun }, signal);
    this.show(() => renderSynced(synced, this.width()));
    const failed = failures(synced);
    if (failed.length === 0 || dryRun) return synced;
    throw new EnimError('LINK_FAILED', `${failed.length} of ${synced.enis.length} ENIs could not be made ready.`, {
      details: failed,
      hint: 'mend what is said above, then: enim sync',
    });
  }
}
