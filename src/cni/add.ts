/** ADD: gives the container an ENI, moves its NIC in, and answers what it then has (CNI specification 1.1.0, section 5). */
import { add as attach } from '../manager/add.js';
import type { Attachment } from '../model/attachment.js';
import type { Link } from '../model/link.js';
import { ownerOf } from './owner.js';
import { pciAddressOf } from './pci.js';
import { planSetup } from './plan.js';
import { chain, formatResult, type Result } from './result.js';
import { keyOf, type OpenTask } from './task.js';

/** The result for the runtime; a call repeated gets the same. */
export async function add(task: OpenTask): Promise<unknown> {
  const { call, network, context } = task;
  const plan = planSetup(task);
  const { attachment, link } = await attach(
    context.parts,
    {
      ...ownerOf(call, network),
      ...keyOf(task),
      netns: call.netns,
      device: network.device,
      ips: task.ipam === null ? network.ips : [],
      force: network.force,
      plan,
    },
    task.interruption(),
  );
  const pciID = await pciAddressOf(context.parts, link.busAddress);
  const own = { ...resultOf(attachment, { ...link, pciID }, call.netns), dns: network.dns ?? attachment.setup.dns };
  return formatResult(chain(network.prevResult, own), network.cniVersion);
}

function resultOf(
  { setup }: Attachment,
  { name, mac, mtu, pciID }: Link & { readonly pciID: string | null },
  sandbox: string,
): Omit<Result, 'dns'> {
  return {
    interfaces: [{ name, mac, mtu, sandbox, ...(pciID === null ? {} : { pciID }) }],
    ips: setup.addresses.map(({ address, gateway }) => ({
      address,
      ...(gateway === null ? {} : { gateway }),
      interface: 0,
    })),
    routes: setup.routes.map((route) => ({ ...route })),
  };
}
