import { Args, Flags } from '@oclif/core';
import { interruption } from '../interruption.js';
import { del } from '../manager/del.js';
import type { Restored } from '../model/link.js';
import { parseContainerID, parseIfname, parseNetworkName, parseOwner } from '../model/names.js';
import { renderReturns } from '../render/returns.js';
import { EnimCommand } from './base.js';
import { declined, unattended, yesFlag } from './confirm.js';

interface DelResult {
  /** Each ENI that came home; empty if there was nothing to do. */
  readonly returned: readonly {
    readonly eni: string;
    readonly containerID: string;
    readonly ifname: string;
    /** Null if the device has gone from the node. */
    readonly link: { readonly name: string; readonly ifindex: number } | null;
    /** What the pod had changed, and was put back. */
    readonly restored: readonly Restored[];
    /** What could not be put back. */
    readonly remaining: readonly Restored[];
  }[];
}

/** `enim del`: takes an ENI back. */
export default class Del extends EnimCommand {
  static override summary = 'Bring home what a container holds, and free the ENI';

  static override description =
    `Finds the NIC wherever it is, moves it home, makes it what it was before, and frees its ENI. It succeeds when there is nothing to do, also when the netns is gone, and never touches what another container holds.`;

  static override examples = [
    '<%= config.bin %> del default/web-0',
    '<%= config.bin %> del default/web-0 --container-id 3f9c1d2a --ifname eth0',
  ];

  static override args = {
    owner: Args.string({ required: true, ignoreStdin: true, description: 'who has it, as NAMESPACE/NAME' }),
  };

  static override flags = {
    'container-id': Flags.string({
      helpValue: 'ID',
      description: 'this container only; needed if the owner has several',
    }),
    ifname: Flags.string({ helpValue: 'NAME', description: 'the interface of this name only' }),
    netns: Flags.string({
      helpValue: 'NETNS',
      description: 'the container whose netns this is, if none is named; may be gone',
    }),
    network: Flags.string({ helpValue: 'NAME', description: 'attachments of this network only' }),
    'force-rebind': Flags.boolean({
      default: false,
      description:
        'bind the driver of a card anew that is in no netns which can be reached; what held it there loses it; it asks first',
    }),
    yes: yesFlag,
  };

  async run(): Promise<DelResult> {
    const { args, flags } = await this.parse(Del);
    const request = {
      owner: parseOwner(args.owner),
      network: flags.network === undefined ? null : parseNetworkName(flags.network),
      containerID: flags['container-id'] === undefined ? null : parseContainerID(flags['container-id']),
      ifname: flags.ifname === undefined ? null : parseIfname(flags.ifname),
      netns: flags.netns ?? null,
    };
    const { parts } = this.open(flags, `del ${request.owner}`);
    if (flags['force-rebind'] && !flags.yes) await this.mustBeConfirmed(request.owner);
    // A del that has begun goes on to its end, which is never far: only then is the NIC home.
    interruption();
    const returns = await del(parts, request, { reason: 'del', forceRebind: flags['force-rebind'] });
    this.show(() => renderReturns(request.owner, returns));
    return {
      returned: returns.map(({ attachment, link, restored, remaining }) => ({
        eni: attachment.eni.id,
        containerID: attachment.containerID,
        ifname: attachment.ifname,
        link: link === null ? null : { name: link.name, ifindex: link.ifindex },
        restored,
        remaining,
      })),
    };
  }

  private async mustBeConfirmed(owner: string): Promise<void> {
    const consequence = `With --force-rebind whatever still holds the NIC of ${owner} loses it`;
    if (!this.isAttended()) throw unattended(consequence);
    if (!(await this.confirm(`${consequence}. Go on?`))) throw declined(`enim where ${owner}`);
  }
}
