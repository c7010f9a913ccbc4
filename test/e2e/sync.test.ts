import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startAgent } from '../fabric/agent.js';
import { add, answer, list, show } from '../fabric/answers.js';
import { errorOf } from '../fabric/cni.js';
import { must } from '../fabric/exec.js';
import type { EnimResult } from '../fabric/executable.js';
import { expectKernelUnchanged, expectRefusal } from '../fabric/expectations.js';
import type { TestEni } from '../fabric/inventory.js';
import type { Node } from '../fabric/node.js';
import { eventually } from '../fabric/poll.js';
import { describeEndToEnd, programFault } from '../fabric/requirements.js';
import { type Listener, listen } from '../fabric/wire.js';
import { type ApiServer, faults, type Stored, startApiServer } from '../kubernetes/apiserver.js';
import { createOnlyNode } from '../kubernetes/clusternode.js';
import { clear, type EniFields, eniObject, getEni, makeEni, V2 } from '../kubernetes/objects.js';
import { openRelay, type Relay } from '../kubernetes/relay.js';
import { connect, ping } from '../manager/sync/traffic.js';
import { sampleEni } from '../model/samples.js';

/** `enim sync --json`. */
interface SyncAnswer {
  readonly dryRun: boolean;
  readonly node: { readonly commands: readonly string[]; readonly error: string | null };
  readonly enis: readonly {
    readonly eni: string;
    readonly outcome: 'ready' | 'change' | 'left' | 'failed';
    readonly reason: string | null;
    readonly nic: { readonly from: string; readonly name: string; readonly index: number } | null;
    readonly commands: readonly string[];
    readonly written: readonly { readonly what: string; readonly from: unknown; readonly to: unknown }[];
    readonly done: boolean;
  }[];
}

/** As an operator makes it: the node has said nothing of it yet. */
const NEW = { CCEStatus: 'Pending', index: undefined, CCEStatusChangeLog: undefined };
const SECONDARY = { useMode: 'Secondary', routeTableOffset: 1000, installSourceBasedRouting: true };

describeEndToEnd('enim sync', () => {
  let api: ApiServer;
  let node: Node;
  let relay: Relay;

  beforeAll(async () => {
    api = await startApiServer();
  });
  afterAll(() => api?.stop());

  beforeEach(async () => {
    ({ node, relay } = await createOnlyNode(api, 3, { lockWait: 500 }));
  });
  afterEach(async () => {
    await relay?.stop();
    await node?.destroy();
  });

  const make = ({ id, mac, ipv4, ipv6 }: TestEni, { metadata, spec, status }: EniFields = {}): Promise<Stored> => {
    const own = [{ privateIPAddress: ipv4.address.split('/')[0], primary: true }];
    const fields = { spec: { privateIPSet: own, ...spec }, status: { ...NEW, ...status } };
    return makeEni(api, eniObject(sampleEni(1, { id, mac, ipv4, ipv6 }), metadata ? { ...fields, metadata } : fields));
  };
  const makeAll = (fields?: EniFields): Promise<Stored[]> => Promise.all(node.enis.map((eni) => make(eni, fields)));
  const statusOf = async (index: number) => (await getEni(api, node.eni(index).id)).status;
  const putStatus = async (index: number, status: Readonly<Record<string, unknown>>): Promise<void> => {
    const now = await getEni(api, node.eni(index).id);
    await api.ask('PUT', `${V2}/enis/${now.metadata.name}/status`, { ...now, status: { ...now.status, ...status } });
  };
  const sync = async (...extra: string[]): Promise<SyncAnswer> => answer(await node.enim(['sync', '--json', ...extra]));
  const outcomes = ({ enis }: SyncAnswer): string[] => enis.map(({ outcome }) => outcome);
  const commandsOf = ({ node: { commands }, enis }: SyncAnswer): string[][] => [
    [...commands],
    ...enis.map((each) => [...each.commands]),
  ];
  const rules = async (): Promise<string[]> => {
    const shown = await Promise.all(
      ['-4', '-6'].map((family) => must('ip', ['-n', node.netns, family, 'rule', 'show'])),
    );
    const lines = shown.join('\n').split('\n');
    return lines.filter((line) => line !== '' && !/lookup (local|default)|32766/.test(line));
  };

  it('names each NIC, says in the cluster that it is ready, and has nothing to do the second time', async () => {
    await makeAll();
    const first = await sync();

    expect(outcomes(first)).toEqual(['change', 'change', 'change']);
    for (const [index, { mac }] of node.enis.entries()) {
      const link = await node.link(`cce-eni-${index}`);
      expect(link).toMatchObject({ address: mac });
      const { CCEStatus, CCEStatusChangeLog, ...status } = await statusOf(index);
      expect(status).toMatchObject({ index, interfaceName: `cce-eni-${index}`, interfaceIndex: link?.ifindex });
      expect([CCEStatus, CCEStatusChangeLog]).toEqual([
        'ReadyOnNode',
        [expect.objectContaining({ code: 'ok', CCEStatus: 'ReadyOnNode', message: `ready as cce-eni-${index}` })],
      ]);
    }
    const versions = async () =>
      (await api.ask('GET', `${V2}/enis`)).items.map(({ metadata }: Stored) => metadata.resourceVersion);
    const before = await versions();
    const again = await expectKernelUnchanged(node, () => sync());
    expect([outcomes(again), commandsOf(again).flat()]).toEqual([['ready', 'ready', 'ready'], []]);
    expect(await versions()).toEqual(before);
    expect((await node.enim(['sync'])).stdout).toMatch(/\nNothing to do; 3 ready\.\n$/);
  });

  it('is what an agent does again and again, also for ENIs that come later', async () => {
    await make(node.eni(0));
    const agent = await startAgent(node, ['--gc-every', '0', '--sync-every', '200ms']);
    for (const index of [0, 1]) {
      if (index > 0) await make(node.eni(index));
      await eventually('that the ENI is ready', async () => (await statusOf(index)).CCEStatus === 'ReadyOnNode');
      expect(await node.link(`cce-eni-${index}`)).toMatchObject({ address: node.eni(index).mac });
    }
    const { code, lines } = await agent.stop();
    const made = lines.filter(({ message }) => message === 'made ready').map(({ eni }) => eni);
    expect([code, made]).toEqual([0, [node.eni(0).id, node.eni(1).id]]);
  });

  it('makes ENIs that pods can be given, and finds them under their names when they are back', async () => {
    await makeAll();
    const pod = await node.pod('web-0');
    expect((await node.enim(['list'])).stdout).toMatch(/^No ENIs\./);
    const early = await node.enim(['add', 'default/web-0', '--netns', pod.path]);
    expectRefusal(early, { code: 3, says: ['none are known'] });
    await sync();
    const before = await node.kernelState();
    const { eni } = await add(node, 'default/web-0', pod);

    const during = await sync();
    expect(during.enis.find((each) => each.eni === eni.id)).toMatchObject({
      outcome: 'left',
      reason: 'default/web-0 has it',
    });
    answer(await node.enim(['del', 'default/web-0', '--json']));
    const home = await node.kernelState();
    expect(home.home).toEqual(before.home);
    expect(outcomes(await sync())).toEqual(['ready', 'ready', 'ready']);
  });

  it('shows in a dry run what it then does, and does nothing yet', async () => {
    await make(node.eni(0));
    await make(node.eni(1), { spec: SECONDARY });
    await node.ip('rule add from 10.99.0.1 lookup 1000 priority 2025');
    const dry = await expectKernelUnchanged(node, () => sync('--dry-run'));
    expect(await statusOf(0)).toMatchObject({ CCEStatus: 'Pending' });
    const { stdout } = await node.enim(['sync', '--dry-run']);
    const real = await sync();

    expect(commandsOf(dry)).toEqual(commandsOf(real));
    expect(dry.enis.map(({ written }) => written)).toEqual(real.enis.map(({ written }) => written));
    expect(real.node.commands).toContain('ip rule del from 10.99.0.1 lookup 1000 priority 2025');
    for (const command of commandsOf(real).flat()) expect(stdout).toContain(`\n  ${command}\n`);
    expect(stdout).toMatch(/status: CCEStatus Pending → ReadyOnNode, index - → 0, interfaceIndex - → \d+/);
    expect(stdout).toMatch(/\nDry run: nothing was changed\. 2 ENIs would be changed\.\n$/);
  });

  it('prints commands that do the same when they are pasted', async () => {
    await make(node.eni(0), { spec: SECONDARY });
    const { enis, node: all } = await sync('--dry-run');
    const script = [...all.commands, ...(enis[0]?.commands ?? [])].join('\n');
    expect((await node.start(['sh', '-ec', script]).result).stderr).toBe('');
    expect(commandsOf(await sync()).flat()).toEqual([]);
  });

  it('also runs on Node.js', async () => {
    await make(node.eni(0), { spec: SECONDARY });
    const run = join(import.meta.dirname, '../../bin/run.js');
    const synced = answer<SyncAnswer>(await node.start([process.execPath, run, 'sync', '--json']).result);
    expect(synced.enis).toMatchObject([{ outcome: 'change', done: true }]);
    expect(outcomes(await sync())).toEqual(['ready']);
  });

  it('has examples that work when pasted', async () => {
    await makeAll();
    const { stdout } = await node.enim(['sync', '--help']);
    const examples = [...stdout.matchAll(/^ +\$ (enim sync(?! \[).*)$/gm)].map(([, line = '']) => line);
    expect(examples.length).toBeGreaterThan(2);
    for (const line of examples) {
      // What stays until it is ended is ended like a service.
      const command = line.includes('--every') ? `timeout --preserve-status --signal=TERM 1 ${line}` : line;
      expect({ line, ...(await node.start(['sh', '-c', command]).result) }).toMatchObject({
        line,
        code: 0,
        stderr: '',
      });
    }
  });

  it('leaves alone an ENI that a pod has, one that is going, one that is being deleted, and those of other nodes', async () => {
    await make(node.eni(0), { status: { CCEStatus: 'UsingInPod' } });
    await make(node.eni(1), { status: { VPCStatus: 'detaching' } });
    await make(node.eni(2), { metadata: { finalizers: ['eni-syncer/eni'] } });
    await api.ask('DELETE', `${V2}/enis/${node.eni(2).id}`);
    const before = await Promise.all(node.enis.map(({ id }) => getEni(api, id)));
    const { enis } = await expectKernelUnchanged(node, () => sync());
    expect(enis.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['left', 'a pod has it'],
      ['left', 'its VPCStatus is detaching, not inuse'],
      ['left', 'it is being deleted'],
    ]);
    expect(await Promise.all(node.enis.map(({ id }) => getEni(api, id)))).toEqual(before);

    await clear(api);
    await make(node.eni(0), { spec: { nodeName: 'node-2' } });
    const { stdout } = await expectKernelUnchanged(node, () => node.enim(['sync']));
    expect(stdout).toBe('No ENI of the cluster is on this node.\n');
  });

  it('does not let one that fails keep the others from theirs, and names it', async () => {
    await makeAll();
    const [twin, own] = [node.eni(0), node.eni(1)];
    await node.ip(
      `link add name twin type veth peer name twin-peer`,
      `link set dev twin address ${twin.mac}`,
      `link add name above link ${node.eni(2).ifname} address ${node.eni(2).mac} type macvlan`,
      `link set dev ${own.ifname} up`,
      `address add 10.99.0.1/24 dev ${own.ifname}`,
    );
    const result = await node.enim(['sync']);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/^error: 2 of 3 ENIs could not be made ready\.$/m);
    expect(result.stderr).toContain(`${twin.id}: several links have its MAC ${twin.mac}: `);
    expect(result.stderr).toContain(`${own.id}: it has host addresses that are not the inventory’s: 10.99.0.1/24`);
    // What sits on a NIC and shares its MAC is passed over.
    expect(await node.link('cce-eni-0')).toMatchObject({ address: node.eni(2).mac });
    expect((await statusOf(0)).CCEStatus).toBe('Pending');
  });

  it('says of an ENI whose NIC is not there which MAC was looked for', async () => {
    await makeAll();
    await node.ip(`link del dev ${node.eni(1).ifname}`);
    const fault = `${node.eni(1).id}: no device with its MAC ${node.eni(1).mac} is at home`;
    const { code, stderr } = await node.enim(['sync']);
    expect([code, stderr]).toEqual([1, expect.stringContaining(fault)]);
    const { json } = await node.enim(['sync', '--json']);
    expect(json).toMatchObject({ error: { code: 'LINK_FAILED', details: [fault] } });
    expect(await node.link('cce-eni-1')).toMatchObject({ address: node.eni(2).mac });
  });

  it('keeps a name free that a NIC in a pod comes home under', async () => {
    // Another agent has made it ready, and gave it no number.
    await make(node.eni(0), { status: { CCEStatus: 'ReadyOnNode' } });
    await node.ip(`link set dev ${node.eni(0).ifname} name cce-eni-0`);
    const pod = await node.pod('web-0');
    await add(node, 'default/web-0', pod);
    await make(node.eni(1));
    await sync();
    expect(await node.link('cce-eni-1')).toMatchObject({ address: node.eni(1).mac });
    answer(await node.enim(['del', 'default/web-0', '--json']));
    expect(await node.link('cce-eni-0')).toMatchObject({ address: node.eni(0).mac });
  });

  it('writes the gateway that an address names, and none that is only guessed', async () => {
    const gatewayIP = node.eni(0).ipv4.gateway;
    const privateIPSet = [{ privateIPAddress: node.eni(0).ipv4.address.split('/')[0], primary: true, gatewayIP }];
    await make(node.eni(0), { spec: { privateIPSet }, status: { gatewayIPv4: undefined, gatewayIPv6: undefined } });
    await sync();
    const { gatewayIPv4, gatewayIPv6 } = await statusOf(0);
    expect([gatewayIPv4, gatewayIPv6]).toEqual([gatewayIP, undefined]);
  });

  it('loses no write of an operator that writes all the time', async () => {
    await makeAll();
    let isOver = false;
    const counts = new Map<string, number>();
    const operate = async (index: number): Promise<void> => {
      const path = `${V2}/enis/${node.eni(index).id}`;
      while (!isOver) {
        for (const part of ['spec', 'status'] as const) {
          const now = await api.ask('GET', path);
          const count = (counts.get(`${index} ${part}`) ?? 0) + 1;
          const next = { ...now, [part]: { ...now[part], operator: { count } } };
          const { status } = await api.try('PUT', part === 'spec' ? path : `${path}/status`, next);
          if (status === 200) counts.set(`${index} ${part}`, count);
        }
      }
    };
    const operators = node.enis.map((_, index) => operate(index));
    expect(outcomes(await sync())).toEqual(['change', 'change', 'change']);
    isOver = true;
    await Promise.all(operators);
    for (const [index] of node.enis.entries()) {
      const { spec, status } = await getEni(api, node.eni(index).id);
      expect(status).toMatchObject({ CCEStatus: 'ReadyOnNode', interfaceName: `cce-eni-${index}` });
      const kept = [spec.operator.count, status.operator.count];
      expect(kept).toEqual([counts.get(`${index} spec`), counts.get(`${index} status`)]);
    }
  });

  it('goes on from wherever it was killed', async () => {
    const [first, second] = [node.eni(0), node.eni(1)];
    await make(first);
    await make(second, { spec: SECONDARY });
    await sync();
    await undo();
    const steps = Number(/(\d+) steps/.exec((await kill('count')).stderr)?.[1]);
    expect(steps).toBeGreaterThan(30);
    const wanted = { rules: await rules(), status: [await statusOf(0), await statusOf(1)], kernel: await look() };
    for (let step = 2; step < steps; step += Math.ceil(steps / 16)) {
      await undo();
      expect((await kill(String(step))).signal).toBe('SIGKILL');
      await sync();
      expect({ step, rules: await rules(), kernel: await look() }).toEqual({
        ...{ step, rules: wanted.rules, kernel: wanted.kernel },
      });
      for (const index of [0, 1]) {
        const { CCEStatusChangeLog: log, ...status } = await statusOf(index);
        expect(status).toEqual({ ...wanted.status[index], CCEStatusChangeLog: undefined });
        expect(log).toHaveLength(1);
      }
    }

    function kill(failpoint: string): Promise<EnimResult> {
      return node.enim(['sync'], { env: { ENIM_FAILPOINT: failpoint } });
    }

    async function look() {
      return (await node.kernelState()).home;
    }

    async function undo(): Promise<void> {
      for (const [index, { ifname }] of [first, second].entries()) {
        const { name = '' } = { name: `cce-eni-${index}` };
        await node.ip(`link set dev ${name} down`, `address flush dev ${name}`, `link set dev ${name} name ${ifname}`);
        await putStatus(index, { ...NEW, interfaceName: undefined, interfaceIndex: undefined });
      }
      for (const line of await rules()) {
        const [, priority] = /^(\d+):/.exec(line) ?? [];
        await must('ip', [
          '-n',
          node.netns,
          ...(line.includes('::') ? ['-6'] : []),
          'rule',
          'del',
          'priority',
          priority ?? '',
        ]);
      }
    }
  });

  it('is refused while another one is at work, and says who that is', async () => {
    await makeAll();
    await sync();
    await relay.stop();
    const holder = node.startEnim(['sync']);
    await eventually('that it holds the lock', () => readFileSync(join(node.runDir, 'sync.lock'), 'utf8') !== '');
    expectRefusal(await node.enim(['sync']), {
      code: 5,
      says: ['lock of sync', /held by pid \d+ \(enim sync\)/],
    });
    holder.kill('SIGKILL');
  });

  it('is refused with a provider whose ENIs are ready as they are', async () => {
    node.writeSettings({ provider: 'static', static: { enis: [] } });
    expectRefusal(await node.enim(['sync']), { code: 2, says: ['static', 'provider kubernetes'] });
    expectRefusal(await node.enim(['sync', '--every', '1s']), { code: 2, says: ['static'] });
    expectRefusal(await node.enim(['sync', '--every', '10ms']), { code: 2, says: ['shorter than 100ms'] });
  });

  it('stays and repeats, a line a change, says a failure once, and ends at SIGTERM', async () => {
    await make(node.eni(0));
    await make(node.eni(1));
    await node.ip(`link del dev ${node.eni(1).ifname}`);
    const running = node.startEnim(['sync', '--every', '100ms']);
    await eventually('the first round', async () => (await statusOf(0)).CCEStatus === 'ReadyOnNode');
    await make(node.eni(2));
    await eventually('a later round', async () => (await statusOf(2)).CCEStatus === 'ReadyOnNode');
    await sleep(300);
    running.kill('SIGTERM');
    const { code, stdout, stderr } = await running.result;
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => line.startsWith(node.eni(0).id))).toHaveLength(2);
    expect(stdout).toContain(`${node.eni(2).id}: status: CCEStatus Pending → ReadyOnNode`);
    expect(stderr.match(/no device with its MAC/g)).toHaveLength(1);
  });

  it('goes on after rounds in which the API server was away', async () => {
    await make(node.eni(0));
    await relay.stop();
    const running = node.startEnim(['sync', '--every', '100ms']);
    await sleep(500);
    relay = await openRelay(node, api.port);
    await eventually('the next round', async () => (await statusOf(0)).CCEStatus === 'ReadyOnNode');
    running.kill('SIGINT');
    expect((await running.result).code).toBe(0);
  });

  it('takes no NIC from under an add, and is in no add’s way', async () => {
    await makeAll();
    await sync();
    const running = node.startEnim(['sync', '--every', '100ms']);
    const pods = await Promise.all(['web-0', 'web-1', 'web-2'].map((name) => node.pod(name)));
    for (let turn = 0; turn < 5; turn += 1) {
      await Promise.all(pods.map((pod, index) => add(node, `default/web-${index}`, pod)));
      await Promise.all(pods.map((_, index) => node.enim(['del', `default/web-${index}`])));
    }
    running.kill('SIGTERM');
    const { code, stderr } = await running.result;
    expect([code, stderr]).toEqual([0, '']);
    expect((await node.links()).map(({ ifname }) => ifname).sort()).toEqual([
      ...['cce-eni-0', 'cce-eni-1', 'cce-eni-2', 'lo'],
    ]);
    expect((await list(node)).map(({ state }) => state)).toEqual(['free', 'free', 'free']);
  });

  describe('for ENIs in Secondary mode', () => {
    beforeEach(() => makeAll({ spec: SECONDARY }));

    it('leads packets out by the NIC that has their address', async () => {
      const { enis, node: all } = await sync();
      expect([enis.map(({ outcome }) => outcome), all.error]).toEqual([['change', 'change', 'change'], null]);
      const [other, eni] = [node.eni(0), node.eni(2)];
      const hostOf = (address: string): string => address.split('/')[0] ?? '';
      const sources = [eni.ipv4, eni.ipv6].map(({ address }) => `src host ${hostOf(address)}`).join(' or ');
      const leavingBy = ({ mac, ifname }: TestEni): Promise<Listener> =>
        listen(node.fabric, `peer-${ifname}`, `ether src ${mac} and (ip or ip6) and (${sources})`);
      const [right, wrong] = await Promise.all([leavingBy(eni), leavingBy(other)]);
      try {
        for (const { address, gateway } of [eni.ipv4, eni.ipv6]) {
          const home = { netns: node.netns, address: hostOf(address) };
          const peer = { netns: node.fabric, address: gateway };
          await ping(home, peer);
          await ping(peer, home);
          await connect(peer, home);
          for (const what of ['echo request', 'echo reply', '.7000 >'])
            await eventually(`"${what}" to ${gateway} by ${eni.ifname}`, () =>
              right.packets().some((line) => line.includes(`> ${gateway}`) && line.includes(what)),
            );
        }
        expect(wrong.packets()).toEqual([]);
      } finally {
        right.stop();
        wrong.stop();
      }
      expect(outcomes(await sync())).toEqual(['ready', 'ready', 'ready']);
    });

    it('takes rules away whose address the cluster has taken away, and adds those of new ones', async () => {
      await sync();
      const now = await getEni(api, node.eni(0).id);
      const more = { privateIPAddress: '10.77.0.9', primary: false, publicIPAddress: '203.0.113.9' };
      const put = (privateIPSet: unknown) => async () => {
        const { metadata } = await getEni(api, node.eni(0).id);
        const spec = { ...now.spec, privateIPSet };
        await api.ask('PUT', `${V2}/enis/${node.eni(0).id}`, { ...now, metadata, spec });
      };
      const before = await rules();
      await put([...now.spec.privateIPSet, more])();
      await sync();
      const added = (await rules()).filter((line) => !before.includes(line)).map((line) => line.replace(/\s+/g, ' '));
      expect(added.sort()).toEqual([
        '1512: from all to 10.77.0.9 lookup main',
        '1512: from all to 203.0.113.9 lookup main',
        '2025: from 10.77.0.9 lookup 1000',
        '2025: from 203.0.113.9 lookup 1000',
      ]);
      await put(now.spec.privateIPSet)();
      const { node: all } = await sync();
      expect(all.commands).toHaveLength(4);
      expect(await rules()).toEqual(before);
    });

    it('refuses to give one to a pod, and says why, whoever asks', async () => {
      const pod = await node.pod('web-0');
      const atHome = async () => (await node.kernelState()).home;
      const home = await atHome();
      const added = await node.enim(['add', 'default/web-0', '--netns', pod.path]);
      expectRefusal(added, {
        code: 2,
        says: ['All 3 ENIs of this node are in Secondary mode'],
        mentions: ['kubectl get enis'],
      });
      expect(await errorOf(node, 'ADD', { netns: pod.path })).toMatchObject({ code: 123 });
      const named = await node.enim(['add', 'default/web-0', '--netns', pod.path, '--eni', node.eni(0).id, '--force']);
      expectRefusal(named, { code: 2, says: [node.eni(0).id, 'Secondary mode'] });
      expect(await atHome()).toEqual(home);
    });

    it('has list and doctor tell them from free ones, before and after', async () => {
      const seen = { state: 'shared', note: 'in Secondary mode: pods get addresses of it' };
      expect(await show(node, node.eni(0))).toMatchObject(seen);
      await sync();
      expect(await show(node, node.eni(0))).toMatchObject({ ...seen, link: { name: 'cce-eni-0', up: true } });
      expect((await node.enim(['list'])).stdout).toContain('3 ENIs: 3 shared');
    });

    it('goes on giving out the one that is in Primary mode beside them', async () => {
      const id = node.eni(1).id;
      const now = await getEni(api, id);
      await api.ask('PUT', `${V2}/enis/${id}`, { ...now, spec: { ...now.spec, useMode: 'Primary' } });
      const pod = await node.pod('web-0');
      const early = await node.enim(['add', 'default/web-0', '--netns', pod.path]);
      expectRefusal(early, { code: 3, says: ['No ENI is free'] });
      await sync();
      expect((await add(node, 'default/web-0', pod)).eni.id).toBe(id);
    });
  });
}, [...faults(), ...['tcpdump', 'ping'].map(programFault)]);
