/** A machine with ENIs as most tests of the manager want it, and the calls on it in short. */
import { type Added, type AddRequest, add } from '../../src/manager/add.js';
import { type DelRequest, del } from '../../src/manager/del.js';
import type { Collected } from '../../src/manager/gc/finding.js';
import { gc } from '../../src/manager/gc/gc.js';
import type { Return } from '../../src/manager/home.js';
import { macOf, sampleEni } from '../model/samples.js';
import { Machine } from './machine.js';

/** `count` cards at home, each different from the others, with both kinds of address, and the uplink of the node itself. */
export function nodeWith(count: number): Machine {
  const machine = new Machine();
  machine.kernel.addDevice({ name: 'lo', mac: '00:00:00:00:00:00', ifindex: 1, up: true });
  const uplink = machine.kernel.addDevice({
    name: 'ens0',
    mac: macOf(0xff),
    ifindex: 2,
    bus: '0000:00:01.0',
    up: true,
  });
  uplink.addresses.push({ address: '192.0.2.2/24', scope: 'global' });
  uplink.routes.push({ dst: 'default', family: 4, gateway: '192.0.2.1' });
  for (let number = 1; number <= count; number += 1) {
    const bus = `0000:00:1${number}.0`;
    machine.bus.add(bus);
    machine.kernel.addDevice({
      ...{ name: `ens${number}`, mac: macOf(number), ifindex: 10 + number, bus, alias: `uplink ${number}` },
      ...{ altnames: [`enp0s${number}`], mtu: 1500 + number, up: number % 2 === 1 },
    });
    machine.inventory.push(
      sampleEni(number, {
        ...{ mtu: 1400, ipv4: { address: `10.0.0.1${number}/24`, gateway: '10.0.0.1' } },
        ipv6: { address: `fd00::1${number}/64`, gateway: 'fd00::1' },
      }),
    );
  }
  return machine;
}

/** An add for `web-0` in its pod's netns, unless told otherwise. */
export function addTo(machine: Machine, request: Partial<AddRequest> = {}, signal?: AbortSignal): Promise<Added> {
  return add(
    machine.parts(),
    { owner: 'default/web-0', containerID: 'c0', netns: 'web-0', ifname: 'eth0', ...request },
    signal,
  );
}

/** A del for `web-0`. */
export function delOf(machine: Machine, request: Partial<DelRequest> = {}): Promise<readonly Return[]> {
  return del(machine.parts(), {
    owner: 'default/web-0',
    network: null,
    containerID: 'c0',
    ifname: null,
    netns: null,
    ...request,
  });
}

/** A gc, and what it decided, a line each. */
export async function gcOf(machine: Machine, { dryRun = false, grace = 2_000 } = {}): Promise<string[]> {
  return (await gc(machine.parts(), { dryRun, grace })).map(line);
}

function line({ eni, action, done, error, reason }: Collected): string {
  const end = error === null ? (done ? ' (done)' : '') : ` (failed: ${error})`;
  return `${eni} ${action}: ${reason}${end}`;
}
