import { Args, Flags } from '@oclif/core';
import { interruption } from '../interruption.js';
import { add } from '../manager/add.js';
import { type EniView, viewAdded } from '../manager/list.js';
import type { EniAddress } from '../model/eni.js';
import { parseContainerID, parseIfname, parseOwner } from '../model/names.js';
import { renderAdded } from '../render/added.js';
import { EnimCommand } from './base.js';

interface AddResult {
  readonly eni: EniView;
  readonly ipv4: EniAddress | null;
  readonly ipv6: EniAddress | null;
  readonly mac: string;
  readonly interface: { readonly name: string; readonly ifindex: number; readonly netns: string };
}

/** `enim add`: gives an ENI to a container. */
export default class Add extends EnimCommand {
  static override summary = 'Give an ENI to a container: move its NIC into the netns and set it up';

  static override description =
    `Chooses the free ENI that rested longest, moves its NIC into the network namespace, and sets addresses, MTU and routes there. Repeating the call answers the same. Whatever fails half way is undone.`;

  static override examples = [
    '<%= config.bin %> add default/web-0 --netns web-0',
    '<%= config.bin %> add default/web-0 --netns /proc/4711/ns/net --container-id 3f9c1d2a',
    '<%= config.bin %> add default/web-0 --netns web-0 --eni eni-b --json',
  ];

  static override args = {
    owner: Args.string({ required: true, ignoreStdin: true, description: 'who gets it, as NAMESPACE/NAME' }),
  };

  static override flags = {
    netns: Flags.string({
      required: true,
      helpValue: 'NETNS',
      description: 'network namespace: a path, a name below /run/netns, or a PID',
    }),
    'container-id': Flags.string({ helpValue: 'ID', description: 'container ID; by default derived from the netns' }),
    ifname: Flags.string({ helpValue: 'NAME', default: 'eth0', description: 'name of the interface in the netns' }),
    eni: Flags.string({ helpValue: 'ID', description: 'this ENI and no other' }),
    force: Flags.boolean({
      dependsOn: ['eni'],
      description: 'take the ENI of --eni although the node seems to use its NIC, or it has no carrier',
    }),
  };

  async run(): Promise<AddResult> {
    const { args, flags } = await this.parse(Add);
    const request = {
      owner: parseOwner(args.owner),
      containerID: flags['container-id'] === undefined ? null : parseContainerID(flags['container-id']),
      netns: flags.netns,
      ifname: parseIfname(flags.ifname),
      eni: flags.eni ?? null,
      force: flags.force ?? false,
    };
    const { parts } = this.open(flags, `add ${request.owner}`);
    const { attachment, link } = await add(parts, request, interruption());
    const eni = viewAdded(parts.provider, attachment, link);
    this.show(() => renderAdded(eni, link.mac));
    return {
      eni,
      ipv4: eni.ipv4,
      ipv6: eni.ipv6,
      mac: link.mac,
      interface: { name: link.name, ifindex: link.ifindex, netns: attachment.netns.path },
    };
  }
}
