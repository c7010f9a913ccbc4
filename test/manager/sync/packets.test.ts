/** Whether the node's kernel does with packets what the plan is for; two ENIs in one subnet, of which each has a table. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { SyncEni } from '../../../src/model/sync.js';
import { ipBatch, must } from '../../fabric/exec.js';
import type { TestEni } from '../../fabric/inventory.js';
import { netnsPath } from '../../fabric/netns.js';
import { createNode, type Node } from '../../fabric/node.js';
import { eventually } from '../../fabric/poll.js';
import { describeWith, programFault } from '../../fabric/requirements.js';
import { type Listener, listen } from '../../fabric/wire.js';
import { stepsOf } from './samples.js';
import type { Answer } from './speaker.js';
import { connect, type End, ping } from './traffic.js';

const BUN = join(import.meta.dirname, '../../../node_modules/.bin/bun');
const SPEAKER = join(import.meta.dirname, 'speaker.ts');

/** Somebody behind the gateway. */
const FAR = ['192.0.2.1', '2001:db8::1'];

/** Milliseconds after which a packet would have been heard elsewhere as well. */
const ELSEWHERE_MS = 200;

const notRoot = process.getuid?.() === 0 ? undefined : 'not root';

describeWith('a node that was synced', [notRoot, ...['ip', 'tcpdump', 'ping'].map(programFault)], () => {
  let node: Node;
  let listeners: Listener[];

  beforeEach(async () => {
    listeners = [];
    node = await createNode({ enis: 2, settings: () => null });
    // A cloud knows whose each address is, and asks nobody.
    const known = node.enis.flatMap(({ mac, ipv4, ipv6 }) =>
      [ipv4, ipv6].map(({ address }) => `neighbour add ${hostOf(address)} lladdr ${mac} dev uplink nud permanent`),
    );
    await ipBatch(node.fabric, [...FAR.map((address) => `address add ${address} dev lo`), ...known]);
  });

  afterEach(async () => {
    for (const listener of listeners) listener.stop();
    await node.destroy();
  });

  const sync = async (enis: readonly SyncEni[]): Promise<Answer> => {
    const argv = [`--net=${netnsPath(node.netns)}`, BUN, 'run', SPEAKER];
    return JSON.parse(await must('nsenter', argv, { input: JSON.stringify(enis) })) as Answer;
  };

  const wanted = (overrides: Partial<SyncEni> = {}): SyncEni[] =>
    node.enis.map(({ id, mac, ipv4, ipv6 }) => ({
      ...{ id, mac, mode: 'Secondary', routeTableOffset: 1000, index: null, installSourceBasedRouting: true },
      addresses: [ipv4, ipv6].map(({ address }) => ({ address, isPrimary: true, publicIP: null })),
      gateways: [ipv4.gateway, ipv6.gateway],
      ...{ excluded: null, fault: null },
      ...overrides,
    }));

  /** What leaves the node by the NIC of `by` with an address of `eni`. */
  const leaving = async (eni: TestEni, by: TestEni): Promise<Listener> => {
    const sources = [eni.ipv4, eni.ipv6].map(({ address }) => `src host ${hostOf(address)}`).join(' or ');
    // The bridge floods what other NICs send to groups.
    const sent = `ether src ${by.mac} and (ip or ip6) and (${sources})`;
    const listener = await listen(node.fabric, `peer-${by.ifname}`, sent);
    listeners.push(listener);
    return listener;
  };

  const rules = async (): Promise<string[]> => {
    const shown = await Promise.all(
      ['-4', '-6'].map(async (family) => {
        const text = await must('ip', ['-n', node.netns, family, 'rule', 'show']);
        return text.split('\n').filter((line) => line !== '' && !/lookup (local|default)|32766/.test(line));
      }),
    );
    return shown.flat().map((line) => line.trim().replaceAll(/\s+/g, ' '));
  };

  it('answers and asks by the NIC that has the address, with ping and TCP from both sides, IPv4 and IPv6', async () => {
    expect((await sync(wanted())).left).toEqual([]);

    for (const [at, eni] of node.enis.entries()) {
      const [right, wrong] = [await leaving(eni, eni), await leaving(eni, node.eni(1 - at))];
      for (const family of ['ipv4', 'ipv6'] as const) {
        const home: End = { netns: node.netns, address: hostOf(eni[family].address) };
        for (const address of [eni[family].gateway, FAR[family === 'ipv4' ? 0 : 1] ?? '']) {
          const peer: End = { netns: node.fabric, address };
          await ping(peer, home);
          await ping(home, peer);
          await connect(peer, home);
          await connect(home, peer);
          const heard = (what: string): boolean =>
            right.packets().some((line) => line.includes(`> ${address}`) && line.includes(what));
          for (const what of ['echo reply', 'echo request', '.7000 >', '.7000:'])
            await eventually(`"${what}" to ${address} by ${eni.ifname}`, () => heard(what));
        }
      }
      await sleep(ELSEWHERE_MS);
      expect(wrong.packets()).toEqual([]);
    }
  });

  it('has the rules of the plan and no others, and nothing is left to be done', async () => {
    const plan = await sync(wanted());
    const { enis } = plan;

    expect(enis.map(({ name }) => name)).toEqual(['cce-eni-0', 'cce-eni-1']);
    const expected = (address: string, table: number): string[] => [
      `${table + 512}: from all to ${address} lookup main`,
      `${table + 1025}: from ${address} lookup ${table}`,
    ];
    const all = node.enis.flatMap(({ ipv4, ipv6 }, at) =>
      [ipv4, ipv6].flatMap(({ address }) => expected(hostOf(address), 1000 + at)),
    );
    expect((await rules()).sort()).toEqual(all.sort());
    expect(stepsOf(plan).filter((step) => 'ip' in step && step.ip.includes('rule'))).toHaveLength(all.length);
    const before = await node.kernelState();
    const again = await sync(wanted());
    expect([stepsOf(again), again.left]).toEqual([[], []]);
    expect(await node.kernelState()).toEqual(before);
  });

  it('loses the rules that are wanted no more: then the main table decides, by whichever NIC', async () => {
    await sync(wanted());
    await sync(wanted({ installSourceBasedRouting: false }));

    expect(await rules()).toEqual([]);
    const [first, second] = [node.eni(0), node.eni(1)];
    const elsewhere = await leaving(second, first);
    const { address, gateway } = second.ipv4;
    await ping({ netns: node.fabric, address: gateway }, { netns: node.netns, address: hostOf(address) });
    await eventually('the answer by the other NIC', () => elsewhere.packets().length > 0);
  });

  it('keeps what is not ours: rules, and a NIC that carries the default route', async () => {
    const { ifname, ipv4 } = node.eni(0);
    await node.ip(
      `link set ${ifname} up`,
      `address add ${ipv4.address} dev ${ifname}`,
      `route add default via ${ipv4.gateway} dev ${ifname}`,
      'rule add from 10.99.0.1 lookup 1000 priority 2024',
      'rule add from 10.99.0.1 fwmark 7 lookup 1000 priority 2025',
    );

    const { left, enis } = await sync(wanted());

    expect(left).toEqual([{ id: node.eni(0).id, reason: 'it carries the default route', isFault: true }]);
    expect(enis).toHaveLength(1);
    expect(await node.link(ifname)).toBeDefined();
    expect(await rules()).toEqual(
      expect.arrayContaining(['2024: from 10.99.0.1 lookup 1000', '2025: from 10.99.0.1 fwmark 0x7 lookup 1000']),
    );
  });
});

function hostOf(address: string): string {
  return address.split('/')[0] ?? '';
}
