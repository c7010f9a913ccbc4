import { describe, expect, it } from '@jest/globals';
import { allocateByHand } from '../../../src/manager/byhand.js';
import { cordon, uncordon } from '../../../src/manager/cordon.js';
import { checkDrained, type Drained, type DrainRequest, drain } from '../../../src/manager/drain/drain.js';
import { createEvictions } from '../../../src/manager/drain/evict.js';
import { lease } from '../../../src/manager/lease.js';
import { EnimError } from '../../../src/model/errors.js';
import type { Eviction } from '../../../src/providers/provider.js';
import { macOf, sampleEndpoint } from '../../model/samples.js';
import { enimErrorOf } from '../../model/thrown.js';
import type { Machine } from '../machine.js';
import { addTo, delOf, nodeWith } from '../node.js';

const WEB_1 = { owner: 'default/web-1', containerID: 'c1', netns: 'web-1' };

/** A node with three ENIs, of which two pods have one each. */
async function node(): Promise<Machine> {
  const machine = nodeWith(3);
  for (const name of ['web-0', 'web-1']) machine.addPod(name);
  await addTo(machine);
  await addTo(machine, WEB_1);
  return machine;
}

interface Told {
  /** The states by ENI, one entry a look. */
  readonly looks: string[];
  readonly warnings: string[];
}

/** A drain whose time is that of the machine's clock. */
async function drainOf(
  machine: Machine,
  request: Partial<DrainRequest> = {},
  { signal = new AbortController().signal, told = { looks: [], warnings: [] } as Told } = {},
): Promise<Drained> {
  return drain(
    machine.parts(),
    {
      ...{ reason: null, timeout: 60_000, grace: 2_000, force: false, evictions: null },
      now: () => machine.clock().getTime(),
      ...request,
    },
    {
      cordoned: () => undefined,
      progress: ({ standings }) => told.looks.push(standings.map(({ state }) => state).join(' ')),
      warn: (message) => told.warnings.push(message),
    },
    signal,
  );
}

const statesOf = ({ standings }: Pick<Drained, 'standings'>): string[] => standings.map(({ state }) => state);

describe('drain', () => {
  it('cordons, and is done at once where every NIC is home', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    expect(await drainOf(machine, { reason: 'upgrade' })).toMatchObject({
      ...{ outcome: 'drained', cordon: { reason: 'upgrade' }, standings: [{ state: 'home' }, { state: 'home' }] },
    });
    expect(machine.cordon).toMatchObject({ reason: 'upgrade' });
    expect((await enimErrorOf(() => addTo(machine))).code).toBe('CORDONED');
  });

  it('waits until the pods have gone, and tells each look', async () => {
    const machine = await node();
    const told: Told = { looks: [], warnings: [] };
    const dels = [() => delOf(machine), () => delOf(machine, { owner: 'default/web-1', containerID: 'c1' })];
    machine.onSleep = async () => void (await dels.shift()?.());
    expect(await drainOf(machine, {}, { told })).toMatchObject({ outcome: 'drained' });
    expect(told.looks.slice(0, 2)).toEqual(['used used home', 'used used home']);
    expect(told.looks.at(-1)).toBe('home home home');
  });

  it('reclaims the ENIs of pods that die meanwhile, after the grace period of gc', async () => {
    const machine = nodeWith(2);
    const pod = machine.addPod('web-0');
    await addTo(machine);
    const sleeps: number[] = [];
    machine.onSleep = (milliseconds) => {
      if (sleeps.push(milliseconds) === 1) machine.killPod(pod);
    };
    expect(await drainOf(machine, { grace: 2_000 })).toMatchObject({ outcome: 'drained' });
    expect(sleeps).toContain(2_000);
    expect([...machine.attachments]).toEqual([]);
  });

  it('says at the end of its time who still holds what, and takes nothing from the living', async () => {
    const machine = await node();
    const before = machine.show();
    const { outcome, standings, forced } = await drainOf(machine, { timeout: 5_000 });
    expect([outcome, forced, machine.show()]).toEqual(['timeout', [], before]);
    expect(standings).toMatchObject([
      { state: 'used', holder: { owner: 'default/web-0' } },
      { state: 'used', holder: { owner: 'default/web-1' } },
      { state: 'home' },
    ]);
  });

  it('with no time at all reclaims what is dead already', async () => {
    const machine = nodeWith(1);
    const pod = machine.addPod('web-0');
    await addTo(machine);
    machine.killPod(pod);
    expect(await drainOf(machine, { timeout: 0 })).toMatchObject({ outcome: 'drained' });
  });

  it('does not count what is held by hand as home, nor takes it by force', async () => {
    const machine = nodeWith(1);
    await allocateByHand(machine.parts(), 'ops/reserve', null);
    const ended = await drainOf(machine, { timeout: 1_000, force: true });
    expect([ended.outcome, statesOf(ended)]).toEqual(['timeout', ['by-hand']]);
    expect(ended.standings[0]?.reason).toContain('enim provider release');
  });

  it('ends between two steps when it is interrupted, with the cordon up', async () => {
    const machine = await node();
    const interruption = new AbortController();
    machine.onSleep = () => interruption.abort();
    const ended = await drainOf(machine, {}, { signal: interruption.signal });
    expect([ended.outcome, statesOf(ended)]).toEqual(['interrupted', ['used', 'used', 'home']]);
    expect(machine.cordon).not.toBeNull();
  });

  it('proves nothing once somebody has taken the cordon away', async () => {
    const machine = await node();
    machine.onSleep = async () => void (await uncordon(machine.parts()));
    expect((await enimErrorOf(() => drainOf(machine))).code).toBe('NOT_DRAINED');
  });

  it('proves nothing if the cordon was away for a moment, though it stands again', async () => {
    const machine = await node();
    machine.onSleep = async () => {
      await uncordon(machine.parts());
      await cordon(machine.parts(), null);
    };
    expect((await enimErrorOf(() => drainOf(machine))).code).toBe('NOT_DRAINED');
  });

  it('proves nothing while a NIC is in a pod of which only its label still speaks', async () => {
    const machine = await node();
    await delOf(machine, { owner: 'default/web-1', containerID: 'c1' });
    // What was discovered at home is known by its record alone, once it is in a pod.
    machine.attachments.clear();
    machine.inventory.splice(0, 1);
    machine.allocations = {};
    const { outcome, standings } = await drainOf(machine, { timeout: 1_000 });
    expect([outcome, standings.map(({ state }) => state)]).toEqual(['timeout', ['home', 'home', 'orphan']]);
    expect(standings.at(-1)).toMatchObject({
      ...{ eni: 'eni-1', mac: macOf(1), link: { name: 'eth0', netns: '/run/netns/web-0' }, holder: null },
      reason: expect.stringContaining('enim del default/web-0 --netns /run/netns/web-0'),
    });
    await delOf(machine, { netns: '/run/netns/web-0', network: 'enim', ifname: 'eth0' });
    expect(await drainOf(machine)).toMatchObject({ outcome: 'drained' });
  });

  it('goes on after a look that failed, and says so', async () => {
    const machine = await node();
    const told: Told = { looks: [], warnings: [] };
    let sleeps = 0;
    machine.onSleep = async () => {
      sleeps += 1;
      if (sleeps !== 2) return;
      machine.interference = {};
      await delOf(machine);
      await delOf(machine, { owner: 'default/web-1', containerID: 'c1' });
    };
    const away = () => {
      throw new EnimError('API_UNREACHABLE', 'It is away.');
    };
    const progress = told.looks;
    machine.interference = {
      before: (call) => (call === 'provider.list' && progress.length === 1 ? away() : undefined),
    };
    expect(await drainOf(machine, {}, { told })).toMatchObject({ outcome: 'drained' });
    expect(told.warnings).toEqual(['It is away.', 'It is away.']);
  });

  it('lets a look fail that stays the last one', async () => {
    const machine = await node();
    const looks: string[] = [];
    machine.interference = {
      before: (call) => {
        if (call === 'provider.list' && looks.length > 0) throw new EnimError('API_UNREACHABLE', 'It is away.');
      },
    };
    const failing = drainOf(machine, { timeout: 2_000 }, { told: { looks, warnings: [] } });
    expect((await enimErrorOf(() => failing)).code).toBe('API_UNREACHABLE');
  });
});

describe('drain by force', () => {
  it('takes the NICs out of living pods only when the time is over, and names them', async () => {
    const machine = await node();
    const told: Told = { looks: [], warnings: [] };
    const ended = await drainOf(machine, { timeout: 5_000, force: true }, { told });
    expect([ended.outcome, ended.forced]).toEqual(['drained', ['eni-1', 'eni-2']]);
    expect(told.looks.filter((look) => look === 'used used home').length).toBeGreaterThan(5);
    expect(machine.history.filter(({ event }) => event === 'released')).toMatchObject([
      { reason: 'drain --force' },
      { reason: 'drain --force' },
    ]);
    expect(
      machine
        .show()
        .split('\n')
        .filter((each) => /record|held/.test(each)),
    ).toEqual([]);
  });

  it('leaves a NIC that another plugin moves, and says why', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    const any = { eni: null, device: null, ips: [], force: false };
    await lease(machine.parts(), sampleEndpoint({ network: 'pods' }), '/run/netns/web-0', any);
    const ended = await drainOf(machine, { timeout: 0, force: true });
    expect(ended).toMatchObject({ outcome: 'timeout', forced: [] });
    expect(ended.standings[0]?.reason).toContain('not forced: another plugin moves its NIC');
  });

  it('goes on with the others where one does not come home', async () => {
    const machine = await node();
    let moves = 0;
    machine.interference = {
      before: (call) => {
        if (call !== 'links.moveHome') return;
        moves += 1;
        // The first NIC, and the first again when gc tries it.
        if (moves !== 2) throw new EnimError('LINK_FAILED', 'It hangs.');
      },
    };
    const ended = await drainOf(machine, { timeout: 0, force: true });
    expect(ended).toMatchObject({ outcome: 'timeout', forced: ['eni-2'] });
    expect(ended.standings[0]?.reason).toContain('not forced: It hangs.');
  });
});

describe('drain with eviction', () => {
  const drainWith = async (machine: Machine, answers: Record<string, (Eviction | EnimError)[]>) => {
    const asked: string[] = [];
    const evictor = {
      evict: async ({ owner }: { owner: string }): Promise<Eviction> => {
        asked.push(owner);
        const answer = answers[owner]?.shift();
        if (answer instanceof EnimError) throw answer;
        return answer ?? { result: 'later', message: 'may not be evicted now' };
      },
    };
    const evictions = createEvictions(machine.parts(), evictor);
    return { asked, ended: await drainOf(machine, { timeout: 2_000, evictions }) };
  };
  const GRANTED: Eviction = { result: 'granted', message: 'its pod is terminating' };

  it('asks for each pod until it is granted, and says what came of it', async () => {
    const { asked, ended } = await drainWith(await node(), {
      'default/web-0': [GRANTED],
      'default/web-1': [new EnimError('API_UNREACHABLE', 'It is away.'), { result: 'never', message: 'is static' }],
    });
    expect(asked).toEqual(['default/web-0', 'default/web-1', 'default/web-1']);
    expect(ended.standings.map(({ reason }) => reason.split(';')[0])).toEqual([
      ...['its pod is terminating', 'is static', 'NIC is home as ens3'],
    ]);
  });

  it('asks again and again who is refused for the time being', async () => {
    const { asked } = await drainWith(await node(), { 'default/web-0': [GRANTED] });
    expect(asked.filter((owner) => owner === 'default/web-1').length).toBeGreaterThan(2);
  });

  it('asks for the pod of a NIC that was pulled out, which still has the ENI', async () => {
    const machine = nodeWith(1);
    const { inode } = machine.addPod('web-0');
    await addTo(machine);
    machine.kernel.in(inode).splice(1, 1);
    machine.bus.clear();
    const { asked, ended } = await drainWith(machine, { 'default/web-0': [GRANTED] });
    expect([asked, statesOf(ended)]).toEqual([['default/web-0'], ['missing']]);
  });

  it('ends where it has no right to ask', async () => {
    const denied = { 'default/web-0': [new EnimError('API_DENIED', 'no')] };
    expect((await enimErrorOf(async () => drainWith(await node(), denied))).code).toBe('API_DENIED');
  });
});

describe('the check', () => {
  it('changes nothing, not even what gc would reclaim', async () => {
    const machine = nodeWith(2);
    const pod = machine.addPod('web-0');
    await addTo(machine);
    machine.killPod(pod);
    const before = machine.show();
    expect(statesOf({ standings: await checkDrained(machine.parts()) })).toEqual(['orphan', 'home']);
    expect([machine.show(), machine.cordon, machine.locks.names]).toEqual([before, null, []]);
  });
});
