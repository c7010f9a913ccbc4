import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import type { Archive } from '../../src/bundle/archive.js';
import { manifestOf } from '../../src/bundle/manifest.js';
import { type Replay, replay } from '../../src/compose/replay.js';
import { examine } from '../../src/manager/doctor/examine.js';
import { list } from '../../src/manager/list.js';
import { show } from '../../src/manager/show.js';
import { where } from '../../src/manager/where/where.js';
import { EnimError } from '../../src/model/errors.js';

const WHEN = '2026-01-02T03:04:05.000Z';
const BOOT = 'a-boot';
const MAC = '02:e0:00:00:00:01';

const link = (name: string, mac: string, more: object = {}) => ({
  ...{ ifindex: 7, name, altnames: [], alias: null, mac, permanentMac: mac, mtu: 1500, txqueuelen: 1000 },
  ...{ group: 'default', up: true, carrier: true, promiscuous: false, kind: null, master: null, lower: null },
  ...{ busAddress: '0000:00:05.0', addresses: [], ...more },
});
const counted = { bytes: 10, packets: 1, errors: 0, dropped: 0 };
const counters = { received: counted, sent: counted };
const around = (name: string) => ({ value: { counters: [[name, counters]], routes: [], rules: [], sysctls: [] } });
const eni = (id: string, mac: string) => ({
  ...{ id, mac, pciAddress: null, ifname: null, mtu: null, ipv6: null, routes: null },
  ipv4: { address: '10.0.0.10/24', gateway: '10.0.0.1' },
});
const endpoint = { network: 'enim', containerID: 'c0', ifname: 'eth0', owner: 'default/web-0', uid: null };
const { addresses, ...look } = link('eni1', MAC);
const attachment = {
  ...{ ...endpoint, role: 'main', eni: eni('eni-a', MAC), netns: { path: '/run/netns/web-0', inode: 4711 } },
  ...{ phase: 'attached', since: WHEN, bootID: BOOT },
  setup: { addresses: [eni('eni-a', MAC).ipv4], routes: [], mtu: null, mac: null, dns: null },
  snapshot: { ...look, addresses, routes: [], sysctls: {} },
};
const state = {
  ...{ version: 3, generation: 5, written: WHEN, quarantines: {} },
  attachments: { 'enim/c0/eth0': attachment },
  allocations: { 'eni-a': { eni: eni('eni-a', MAC), holder: endpoint, since: WHEN, releasedAt: null } },
};
const holder = { pid: 12, command: 'nginx' };
const generation = { kind: 'good', generation: 5, written: WHEN, attachments: 1 };
const entry = { value: { kind: 'directory', mode: 0o700, modified: WHEN, unwritable: null, free: 1e9 } };

/** A node with one pod, as a bundle has it. */
const DOCUMENTS: Readonly<Record<string, unknown>> = {
  'node.json': {
    ...{ config: '/etc/enim/config.json', stateDir: '/var/lib/enim', runDir: '/run/enim', dropIns: ['/etc/x.network'] },
    sources: { config: 'default', stateDir: 'flag', runDir: 'environment' },
    ...{ open: { value: { bootID: BOOT, network: 'enim' } }, environment: [['PATH', '/bin']] },
  },
  'state/state.json': state,
  'state/record.json': {
    look: {
      value: {
        ...{ path: '/var/lib/enim/state.json', present: generation, previousPath: '/p', previous: { kind: 'none' } },
        ...{ kept: [], unfinished: [{ path: '/var/lib/enim/state.json.new', modified: WHEN }] },
      },
    },
    ...{ present: { value: true }, previous: { value: false }, cordon: { value: { since: WHEN, reason: null } } },
    history: {
      value: {
        events: [{ event: 'attached', ...endpoint, eni: 'eni-a', netns: '/n', at: WHEN, since: WHEN }],
        ignored: 0,
      },
    },
  },
  'provider.json': {
    name: 'static',
    list: {
      value: [
        { eni: eni('eni-a', MAC), holder: endpoint, since: WHEN, releasedAt: null },
        { eni: eni('eni-b', '02:e0:00:00:00:02'), holder: null, since: null, releasedAt: null },
      ],
    },
    health: { value: { ok: true, message: '2 ENIs are known' } },
    registry: {
      withdrawals: { value: [{ endpoint, eni: 'eni-a', reason: 'its pod is gone' }] },
      fates: [['enim/c0/eth0', { value: 'there' }]],
      ...{ node: 'n1', enis: { value: [] } },
    },
  },
  'kernel/home.json': {
    links: { value: [link('eni2', '02:e0:00:00:00:02', { ifindex: 8, busAddress: null, kind: 'veth' })] },
    ...{ use: { value: { defaultRoutes: [], sshDevice: null } }, around: around('eni2') },
  },
  'kernel/netns/4711.json': {
    ...{ path: '/run/netns/web-0', inode: 4711, around: around('eth0') },
    links: { value: [link('eth0', MAC, { alias: 'enim' })] },
  },
  'kernel/netns.json': {
    all: { value: [{ path: '/run/netns/web-0', inode: 4711, pids: [12] }] },
    processes: { value: [[4711, [12]]] },
    holders: {
      value: [
        [
          4711,
          {
            paths: [{ path: '/run/netns/web-0', deleted: false }],
            processes: [holder],
            descriptors: [{ ...holder, fd: 3 }],
          },
        ],
      ],
    },
    paths: [['/run/netns/web-0', { value: 4711 }]],
  },
  'kernel/hardware.json': [
    [
      '0000:00:05.0',
      { value: { pciAddress: '0000:00:05.0', virtio: null, driver: 'ena', isNic: true, hasLink: true } },
    ],
  ],
  'host.json': {
    entries: ['/etc/enim/config.json', '/var/lib/enim', '/run/enim'].map((path) => [path, entry]),
    texts: [['/proc/sys/net/ipv4/conf/all/rp_filter', '0\n']],
    directories: [['/etc/udev/rules.d', []]],
    processes: [{ pid: 1, name: 'systemd', state: 'S' }],
    locks: [
      [
        '/run/enim',
        [
          {
            path: '/run/enim/a.lock',
            sign: 'pid 1 (enim add)',
            since: WHEN,
            holders: [{ pid: 1, name: 'enim', state: 'S' }],
          },
        ],
      ],
    ],
    paths: [['flock', '/usr/bin/flock']],
    ...{ iproute2: { value: 'ip utility, iproute2-6.1.0' }, programs: { value: ['flock'] } },
    privileges: { uid: 0, capabilities: [12, 19, 21] },
  },
};

const open = (documents: Readonly<Record<string, unknown>>, warn: (message: string) => void = () => {}): Replay => {
  const files = new Map(Object.entries(documents).map(([name, each]) => [name, Buffer.from(JSON.stringify(each))]));
  const origin = { enim: { version: '1', commit: null }, collected: WHEN, missing: [], shortened: [] };
  const archive: Archive = { manifest: manifestOf(files, origin), files };
  return replay('The bundle x', archive, warn);
};

/** Everything that can be asked of it. Throws what is no error of ours. */
async function askAll(documents: Readonly<Record<string, unknown>>): Promise<string[]> {
  const asks = [
    (node: Replay) => list(node.parts),
    (node: Replay) => show(node.parts, 'eni-a'),
    (node: Replay) => where(node.parts, MAC),
    (node: Replay) => where(node.parts, '0000:00:05.0'),
    (node: Replay) => where(node.parts, 'eth9'),
    (node: Replay) => node.parts.provider.registry?.enis('n1'),
    (node: Replay) => examine(node.patient),
  ];
  const codes = asks.map(async (ask) => {
    try {
      await ask(open(documents));
      return 'fine';
    } catch (thrown) {
      if (!(thrown instanceof EnimError)) throw thrown;
      return thrown.code;
    }
  });
  return Promise.all(codes);
}

describe('a replayed node', () => {
  it('says what was recorded', async () => {
    const { parts } = open(DOCUMENTS);
    const [used, free] = await list(parts);
    expect(used).toMatchObject({ id: 'eni-a', state: 'used', link: { name: 'eth0', netns: '/run/netns/web-0' } });
    expect(free).toMatchObject({ id: 'eni-b', state: 'free', link: { name: 'eni2' } });
    const [portrait] = await show(parts, 'eni-a');
    expect(portrait).toMatchObject({ traffic: counters, nic: { driver: 'ena', netns: { processes: [holder] } } });
    expect(portrait?.history).toHaveLength(1);
    expect(parts.clock().toISOString()).toBe(WHEN);
  });

  it('says of a check that looks at more than was recorded that it was not looked at', async () => {
    const findings = await examine(open(DOCUMENTS).patient);
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'udev',
        subject: 'not looked at',
        evidence: expect.stringContaining('does not say'),
      }),
    );
  });

  it('takes back no lock of those who had one', async () => {
    const { parts, patient } = open(DOCUMENTS);
    const path = `/run/enim/${patient.lockFileName('eni eni-a')}`;
    const held = {
      ...(DOCUMENTS['host.json'] as object),
      locks: [['/run/enim', [{ path, sign: '', since: WHEN, holders: [] }]]],
    };
    expect(await parts.locks.tryAcquire('eni eni-a')).toBeDefined();
    expect(await open({ ...DOCUMENTS, 'host.json': held }).parts.locks.tryAcquire('eni eni-a')).toBeUndefined();
  });

  it('refuses whatever would change it', async () => {
    const { parts, patient } = open(DOCUMENTS);
    const [record] = await parts.store.list();
    if (record === undefined) throw new Error('There is no record.');
    const work = parts.links.under({ fd: -1 });
    const home = await parts.links.lookHome();
    const [nic] = home.links;
    if (nic === undefined) throw new Error('There is no link.');
    const changes: (() => Promise<unknown>)[] = [
      () => parts.store.put(record),
      () => parts.store.forget(record),
      () => parts.store.quarantine.lift('eni-a'),
      () => parts.cordon.update(() => null),
      () => parts.provider.allocate(record, ['eni-b']),
      () => parts.provider.release(record),
      () => parts.locks.acquire('state'),
      () => work.moveIn(nic, record.netns, record),
      () => work.moveHome(nic, record.netns, 'eni1'),
      () => work.arrange([]),
      () => work.rebind('0000:00:05.0'),
      async () => patient.host.removeFile('/etc/enim/config.json'),
      async () => patient.host.makeDirectory('/run/enim', 0o700),
    ];
    for (const change of changes) await expect(change()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('knows the ENIs of its own node alone', async () => {
    const { parts } = open(DOCUMENTS);
    expect(await parts.provider.registry?.enis('n1')).toEqual([]);
    await expect(parts.provider.registry?.enis(null)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('answers all that it can be asked', async () => {
    expect(await askAll(DOCUMENTS)).toEqual(['fine', 'fine', 'fine', 'fine', 'NOT_THERE', 'fine', 'fine']);
  });

  const needed = Object.keys(DOCUMENTS).filter((name) => name !== 'state/state.json');

  test.each(needed)('says that a file has another shape: %s', async (name) => {
    expect((await askAll({ ...DOCUMENTS, [name]: 7 }))[0]).toBe('BUNDLE_DAMAGED');
  });

  test.each(needed.filter((name) => !name.startsWith('kernel/netns/')))(
    'says that a file is not there: %s',
    async (name) => {
      const { [name]: _, ...others } = DOCUMENTS;
      expect((await askAll(others))[0]).toBe('NOT_THERE');
    },
  );
});

/** Every place in a document, as the keys that lead there. */
function placesIn(value: unknown, at: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return [at, ...keys.flatMap((key) => placesIn((value as Record<string | number, unknown>)[key], [...at, key]))];
}

function changed(value: unknown, [key, ...rest]: readonly (string | number)[], to: unknown): unknown {
  if (key === undefined) return to;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = changed(copy[key], rest, to);
  return copy;
}

it('fails by no bug, whatever stands in whichever place', async () => {
  const places = Object.entries(DOCUMENTS).flatMap(([name, document]) =>
    placesIn(document).map((at) => ({ name, at })),
  );
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom('', '\u001b[2J', '../..', 'x'.repeat(300), -1, 1e300, 0.5, null, [], {}, '2026-13-45T99:99:99Z'),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ place: fc.constantFrom(...places), value }), { minLength: 1, maxLength: 3 }),
      async (edits) => {
        let documents = DOCUMENTS;
        for (const { place, value: to } of edits) {
          try {
            documents = { ...documents, [place.name]: changed(documents[place.name], place.at, to) };
          } catch {
            // An earlier edit has taken the place away.
          }
        }
        await askAll(documents);
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);
