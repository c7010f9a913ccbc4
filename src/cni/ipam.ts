/**
 * The IPAM role: `"ipam": {"type": "enim"}` under another main plugin, which moves the NIC. The answer is abbreviated (CNI
 * specification 1.1.0, section 4); which NIC it is stands under the key `enim`.
 */
import { endLease, lease } from '../manager/lease.js';
import { refuseDifferences } from './check.js';
import { ownerOf } from './owner.js';
import { pciAddressOf } from './pci.js';
import { formatResult } from './result.js';
import { keyOf, type OpenTask } from './task.js';

/** Allocates, and answers addresses, routes and the ENI's device. */
export async function ipamAdd(task: OpenTask): Promise<unknown> {
  const { call, network, context } = task;
  const { setup, eni, snapshot } = await lease(
    context.parts,
    { ...keyOf(task), ...ownerOf(call, network) },
    call.netns,
    {
      ...{ eni: null, device: null, ips: network.ips, force: network.force },
    },
  );
  const result = formatResult(
    {
      interfaces: [],
      ips: setup.addresses.map(({ address, gateway }) => (gateway === null ? { address } : { address, gateway })),
      routes: setup.routes.map((route) => ({ ...route })),
      dns: network.dns,
    },
    network.cniVersion,
  );
  return {
    ...result,
    enim: {
      eni: eni.id,
      mac: eni.mac,
      ifindex: snapshot.ifindex,
      name: snapshot.name,
      pciAddress: await pciAddressOf(context.parts, snapshot.busAddress),
    },
  };
}

/** Takes the ENI back; prints nothing. */
export async function ipamDel(task: OpenTask): Promise<undefined> {
  await endLease(task.context.parts, keyOf(task));
}

/** Whether the ENI is still the container's; prints nothing. */
export async function ipamCheck(task: OpenTask): Promise<undefined> {
  const key = keyOf(task);
  const attachment = await task.context.parts.store.find(key);
  refuseDifferences(key, attachment === undefined ? ['nothing is recorded of it'] : []);
}
