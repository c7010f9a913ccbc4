import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { createInstaller } from '../compose/installation.js';
import type { Installation } from '../install/installer.js';
import { type EniView, isAway, list } from '../manager/list.js';
import { renderInstallation } from '../render/installation.js';
import { EnimCommand } from './base.js';
import { declined, yesFlag } from './confirm.js';
import { placeFlags, placesOf } from './places.js';

/** `enim uninstall`: undoes `enim install`. */
export default class Uninstall extends EnimCommand {
  static override summary = 'Remove what "enim install" wrote on this node';

  static override description =
    `Removes the network configuration first, then the executable, then the kubeconfig and the files of --unmanaged; what is not enim's stays, and so do the settings and the state. While pods have ENIs it refuses: nobody would bring them home.`;

  static override examples = [
    '<%= config.bin %> uninstall --dry-run',
    '<%= config.bin %> uninstall --bin-dir /tmp/enim-root/bin --conf-dir /tmp/enim-root/net.d --root /tmp/enim-root',
  ];

  static override flags = {
    ...placeFlags,
    'dry-run': Flags.boolean({ default: false, description: 'say what would be done, and change nothing' }),
    force: Flags.boolean({ default: false, description: 'remove it although pods have ENIs' }),
    yes: yesFlag,
  };

  async run(): Promise<Installation> {
    const { flags } = await this.parse(Uninstall);
    const { parts, node, locations } = this.open(flags, 'uninstall');
    const held = flags.force ? [] : (await list(parts)).filter(mayBeInPod).map(describe);
    const places = placesOf(flags, locations);
    // Where nobody can be asked it goes on: enim install brings it back.
    if (!flags['dry-run'] && !flags.yes && this.isAttended()) {
      const question = `Remove enim from ${places.binDir} and its network configuration from ${places.confDir}?`;
      if (!(await this.confirm(question))) throw declined('enim uninstall --dry-run');
    }
    const done = await createInstaller(node).uninstall(places, {
      held,
      stateDir: resolve(locations.stateDir),
      force: flags.force,
      dryRun: flags['dry-run'],
    });
    this.show(() => renderInstallation(done, this.width(), parts.clock()));
    return done;
  }
}

/** Recorded for a pod, or away from home without a record: somebody has to bring it home. */
function mayBeInPod(view: EniView): boolean {
  return view.attachment?.netns != null || isAway(view);
}

function describe({ id, attachment, link }: EniView): string {
  if (attachment !== null) return `${attachment.owner} (${id})`;
  return `${id}, of which nothing is recorded${link === null ? '' : `, in ${link.netns}`}`;
}
