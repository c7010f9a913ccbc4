/** How the NIC is set up: as its ENI says, as the network configuration overrides it, or as another IPAM plugin says. */
import type { SetupPlan } from '../manager/add.js';
import { parseIP } from '../model/address.js';
import type { Eni, EniAddress, EniRoute } from '../model/eni.js';
import { EnimError } from '../model/errors.js';
import { type Setup, setupOf } from '../model/setup.js';
import { delegate } from './delegation.js';
import { parseResult, type Result } from './result.js';
import type { OpenTask } from './task.js';

export function planSetup(task: OpenTask): SetupPlan {
  const { network, ipam } = task;
  return {
    async decide(eni) {
      const own = setupOf(eni);
      const overrides = { mtu: network.mtu ?? own.mtu, mac: network.mac };
      if (ipam === null) return { ...addressesOf(task, eni, own), ...overrides };
      const result = parseResult(await delegate(task, 'ADD'));
      return { ...fromIpam(result, ipam), ...overrides };
    },
    async undo() {
      if (ipam !== null) await delegate(task, 'DEL');
    },
  };
}

/** A device that is in no inventory has no addresses of its own: it gets those that the runtime asks for. */
function addressesOf({ network }: OpenTask, eni: Eni, own: Setup): Omit<Setup, 'mtu' | 'mac'> {
  const { routes, dns } = own;
  if (network.device === null || eni.ipv4 !== null || eni.ipv6 !== null) return own;
  return { routes, dns, addresses: network.ips.map((ip) => ({ address: withPrefix(ip), gateway: null })) };
}

function withPrefix(ip: string): string {
  return ip.includes('/') ? ip : `${ip}/${parseIP(ip)?.family === 6 ? 128 : 32}`;
}

function fromIpam(result: Result, type: string): Omit<Setup, 'mtu' | 'mac'> {
  if (result.ips.length === 0)
    throw new EnimError('DELEGATE_FAILED', `The IPAM plugin "${type}" gave no address.`, {
      hint: 'correct "ipam" in the network configuration',
    });
  const addresses = result.ips.map(({ address, gateway = null }): EniAddress => ({ address, gateway }));
  return { addresses, routes: result.routes.map((route) => throughGateway(route, addresses)), dns: result.dns };
}

/** "If omitted, a default gateway is assumed": the one of the address of the same family. */
function throughGateway({ dst, gw }: EniRoute, addresses: readonly EniAddress[]): EniRoute {
  const isSameFamily = (text: string): boolean => text.includes(':') === dst.includes(':');
  const gateway = gw ?? addresses.find((each) => isSameFamily(each.address) && each.gateway !== null)?.gateway;
  return gateway === undefined || gateway === null ? { dst } : { dst, gw: gateway };
}
