import { describe, expect, it } from '@jest/globals';
import { history } from '../../src/manager/history.js';
import { endLease, lease } from '../../src/manager/lease.js';
import { prune } from '../../src/manager/prune.js';
import type { Attachment } from '../../src/model/attachment.js';
import { EnimError } from '../../src/model/errors.js';
import { pair } from '../../src/model/history.js';
import { sampleEndpoint } from '../model/samples.js';
import { enimErrorOf, thrownBy } from '../model/thrown.js';
import { countSteps, dieAtCall, dieAtCommand } from './faults.js';
import type { Machine } from './machine.js';
import { addTo, delOf, gcOf, nodeWith } from './node.js';

/** A node with two ENIs and the netns of two pods. */
async function node(): Promise<Machine> {
  const machine = nodeWith(2);
  machine.addPod('web-0');
  machine.addPod('web-1');
  return machine;
}

async function attached(): Promise<Machine> {
  const machine = await node();
  await addTo(machine);
  return machine;
}

/** What was recorded, a line each. */
const told = (machine: Machine): string[] =>
  machine.history.map((event) => {
    const why = 'reason' in event ? ` because ${event.reason}` : '';
    return `${event.eni} ${event.event} ${event.owner} ${event.containerID}${why}`;
  });

const failAt = (machine: Machine, awaited: string): void => {
  machine.interference.before = (call) => {
    if (call === awaited) throw new EnimError('LINK_FAILED', 'It was made to fail.');
  };
};

const BEGUN = 'eni-1 attached default/web-0 c0';
const NETNS = '/run/netns/web-0';

describe('the history of an add', () => {
  it('says who has what since when', async () => {
    const machine = await node();
    const { attachment } = await addTo(machine, { uid: 'u-1' });
    expect(machine.history).toEqual([
      {
        ...{ event: 'attached', eni: 'eni-1', owner: 'default/web-0', uid: 'u-1', network: 'enim', containerID: 'c0' },
        ...{ ifname: 'eth0', netns: NETNS, since: attachment.since, at: expect.any(String) },
      },
    ]);
  });

  it('has it once, however often the add is repeated', async () => {
    const machine = await attached();
    await Promise.all([addTo(machine), addTo(machine)]);
    expect(told(machine)).toEqual([BEGUN]);
  });

  it('is written under the locks of attachment and ENI', async () => {
    const machine = await node();
    const locks: (readonly string[])[] = [];
    const parts = machine.parts();
    machine.parts = () => ({
      ...parts,
      history: { ...parts.history, record: async () => void locks.push(machine.locks.names) },
    });
    await addTo(machine);
    await delOf(machine);
    expect(locks).toEqual([
      ['attachment enim/c0/eth0', 'eni eni-1'],
      ['attachment enim/c0/eth0', 'eni eni-1'],
    ]);
  });

  it.each(['provider.allocate', 'store.put', 'links.moveIn'])(
    'that failed before the move is empty: %s',
    async (call) => {
      const machine = await node();
      failAt(machine, call);
      expect((await enimErrorOf(() => addTo(machine))).code).toBe('LINK_FAILED');
      expect(told(machine)).toEqual([]);
    },
  );

  it('that failed after the move says that it was undone, and why', async () => {
    const machine = await node();
    failAt(machine, 'links.configure');
    await enimErrorOf(() => addTo(machine));
    expect(told(machine)).toEqual([BEGUN, 'eni-1 released default/web-0 c0 because rollback: It was made to fail.']);
  });

  it('that could not be undone says so only when it is', async () => {
    const machine = await node();
    machine.interference.before = (call) => {
      if (['links.configure', 'links.moveHome'].includes(call)) throw new EnimError('LINK_FAILED', 'No.');
    };
    await thrownBy(() => addTo(machine));
    expect(told(machine)).toEqual([BEGUN]);
    machine.interference = {};
    await delOf(machine);
    expect(told(machine)).toEqual([BEGUN, 'eni-1 released default/web-0 c0 because del']);
  });

  it('that takes the place of an older one has the end of that', async () => {
    const machine = await attached();
    await addTo(machine, { netns: 'web-1' });
    expect(told(machine)).toEqual([
      BEGUN,
      'eni-1 released default/web-0 c0 because add replaced it',
      'eni-2 attached default/web-0 c0',
    ]);
  });
});

describe('the history of an end', () => {
  it('by del has what the pod had changed', async () => {
    const machine = await attached();
    const card = machine.kernel.in(101).find(({ name }) => name === 'eth0');
    Object.assign(card ?? {}, { txqlen: 5 });
    const [{ since } = {} as Attachment] = machine.attachments.values();
    await delOf(machine);
    await delOf(machine);
    expect(told(machine)).toEqual([BEGUN, 'eni-1 released default/web-0 c0 because del']);
    expect(machine.history[1]).toMatchObject({
      since,
      restored: expect.arrayContaining([{ what: 'txqueuelen', from: '5', to: '1000' }]),
    });
  });

  it('by gc has its verdict', async () => {
    const machine = await attached();
    machine.killPod({ inode: 101 });
    await gcOf(machine, { dryRun: true });
    expect(told(machine)).toEqual([BEGUN]);
    await gcOf(machine);
    expect(told(machine)).toEqual([
      BEGUN,
      `eni-1 released default/web-0 c0 because gc: netns ${NETNS} is gone; NIC is home as eth0`,
    ]);
  });

  it('by gc after a reboot says so', async () => {
    const machine = await attached();
    machine.reboot();
    await gcOf(machine);
    expect(told(machine)[1]).toMatch(/because gc: made before the last boot; /);
  });

  it('by gc of what nothing is recorded of does not pretend to know its beginning', async () => {
    const machine = await node();
    await machine.parts().provider.allocate(sampleEndpoint({ containerID: 'c9' }), ['eni-2']);
    await gcOf(machine);
    expect(told(machine)).toEqual([
      'eni-2 released default/web-0 c9 because gc: allocated to default/web-0, which has no record; NIC is home as ens2',
    ]);
    expect(machine.history[0]).toMatchObject({ since: null });
  });

  it('has the beginning of what gc had to record again', async () => {
    const machine = await attached();
    const [{ since } = {} as Attachment] = machine.attachments.values();
    machine.attachments.clear();
    await gcOf(machine);
    await delOf(machine);
    expect(pair(machine.history)).toMatchObject([{ from: since, reason: 'del' }]);
  });

  it('by prune says that the runtime does not know it', async () => {
    const machine = await attached();
    await addTo(machine, { containerID: 'c1', netns: 'web-1' });
    await prune(machine.parts(), 'enim', [{ containerID: 'c1', ifname: 'eth0' }]);
    expect(told(machine).slice(2)).toEqual([
      'eni-1 released default/web-0 c0 because prune: the runtime does not know it any more',
    ]);
  });

  it('comes before the next beginning of the same ENI, also where both happen at once', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    machine.addPod('web-1');
    await addTo(machine);
    const next = async (): Promise<void> => {
      const done = await addTo(machine, { containerID: 'c1', netns: 'web-1' }).catch(() => undefined);
      if (done === undefined) await next();
    };
    machine.interference.after = async () => new Promise((resolve) => setImmediate(resolve));
    await Promise.all([next(), delOf(machine)]);
    expect(told(machine)).toEqual([
      BEGUN,
      'eni-1 released default/web-0 c0 because del',
      'eni-1 attached default/web-0 c1',
    ]);
  });

  it('of a record whose ENI another has by now says that', async () => {
    const machine = await attached();
    const [record] = machine.attachments.values();
    if (record === undefined) throw new Error('nothing recorded');
    await delOf(machine);
    await addTo(machine, { containerID: 'c1', netns: 'web-1', eni: 'eni-1' });
    await machine.parts().store.put(record);
    await delOf(machine);
    expect(told(machine).at(-1)).toBe('eni-1 released default/web-0 c0 because del; the ENI was another’s by then');
    expect(pair(machine.history).map(({ containerID, to }) => [containerID, to === null])).toEqual([
      ['c0', false],
      ['c1', true],
    ]);
  });
});

describe('the history of a lease', () => {
  const endpoint = sampleEndpoint({ containerID: 'c0' });
  const wish = { eni: null, device: null, ips: [], force: false };
  const take = (machine: Machine, netns = NETNS) => lease(machine.parts(), endpoint, netns, wish);

  it('has its beginning once and its end once', async () => {
    const machine = await node();
    await take(machine);
    await take(machine);
    await endLease(machine.parts(), endpoint);
    await endLease(machine.parts(), endpoint);
    expect(told(machine)).toEqual(['eni-1 leased default/web-0 c0', 'eni-1 lease ended default/web-0 c0 because del']);
  });

  it('ends when the same container takes it for another netns', async () => {
    const machine = await node();
    await take(machine);
    await take(machine, '/run/netns/web-1');
    expect(pair(machine.history)).toMatchObject([
      { role: 'ipam', netns: NETNS, reason: 'add replaced it' },
      { role: 'ipam', netns: '/run/netns/web-1', to: null },
    ]);
  });

  it('ends by gc as any other', async () => {
    const machine = await node();
    await take(machine);
    machine.killPod({ inode: 101 });
    await gcOf(machine);
    expect(told(machine)[1]).toMatch(/^eni-1 lease ended default\/web-0 c0 because gc: netns \S+ is gone; /);
  });
});

describe('after a death at any step', () => {
  it('of an add or a del, finished by the next add and del, the history has one holding that is over', async () => {
    const operation = async (machine: Machine): Promise<void> => {
      await addTo(machine);
      await delOf(machine);
    };
    const { calls, commands } = await countSteps(node, operation);
    const check = async (die: (machine: Machine) => Promise<void>): Promise<unknown> => {
      const machine = await node();
      await die(machine);
      await delOf(machine);
      const holdings = pair(machine.history);
      expect(holdings.filter(({ to }) => to === null)).toEqual([]);
      return holdings.length;
    };
    for (const index of calls.keys()) {
      const counts = [
        await check((machine) => dieAtCall(machine, index, 'before', operation)),
        await check((machine) => dieAtCall(machine, index, 'after', operation)),
      ];
      // None where it died before there was anything to give back.
      expect([calls[index], counts]).toEqual([calls[index], counts.map((count) => (count === 0 ? 0 : 1))]);
    }
    for (const index of commands.keys()) {
      await check((machine) => dieAtCommand(machine, index, operation));
    }
  });

  it('of an add, finished by repeating it, the history has one holding that lasts', async () => {
    const { calls } = await countSteps(node, addTo);
    for (const [index, call] of calls.entries()) {
      for (const when of ['before', 'after'] as const) {
        const machine = await node();
        await dieAtCall(machine, index, when, addTo);
        await addTo(machine);
        const lasting = pair(machine.history).filter(({ to }) => to === null);
        expect([when, call, lasting]).toMatchObject([when, call, [{ containerID: 'c0' }]]);
      }
    }
  });
});

describe('the history of one subject', () => {
  const of = (machine: Machine, subject: string | null) => history(machine.parts(), { subject, since: null });

  it('refuses an ENI that nobody knows, and of which nothing is recorded', async () => {
    const machine = await attached();
    for (const word of ['eni-unknown', ''])
      expect(await enimErrorOf(() => of(machine, word))).toMatchObject({ code: 'NOT_THERE' });
    expect((await of(machine, 'eni-2')).holdings).toEqual([]);
    expect((await of(machine, 'default/nobody')).holdings).toEqual([]);
  });

  it('tells what is recorded of an ENI that has left the inventory', async () => {
    const machine = await attached();
    await delOf(machine);
    machine.inventory.length = 0;
    expect((await of(machine, 'eni-1')).holdings).toMatchObject([{ eni: 'eni-1', reason: 'del' }]);
  });

  it('tells it while the provider cannot be asked', async () => {
    const machine = await attached();
    failAt(machine, 'provider.list');
    expect((await of(machine, 'eni-1')).holdings).toHaveLength(1);
    expect((await of(machine, 'eni-unknown')).holdings).toEqual([]);
  });
});
