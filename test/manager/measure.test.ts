import { describe, expect, it } from '@jest/globals';
import { measure } from '../../src/manager/measure.js';
import { EnimError } from '../../src/model/errors.js';
import { HOME } from '../link/kernel.js';
import { sampleEni } from '../model/samples.js';
import { FakeHost, patientWith, sampleState } from './doctor/patient.js';
import type { Machine } from './machine.js';
import { addTo, nodeWith } from './node.js';

const measured = (machine: Machine, host = new FakeHost()) => measure(patientWith(host, {}, machine.parts()));

/** Two ENIs, of which web-0 has one. */
async function attached(): Promise<{ machine: Machine; inode: number }> {
  const machine = nodeWith(2);
  const { inode } = machine.addPod('web-0');
  await addTo(machine);
  return { machine, inode };
}

describe('measuring a node', () => {
  it('shows state and counters of each ENI, wherever its NIC is', async () => {
    const { machine, inode } = await attached();
    Object.assign(machine.kernel.in(inode).find(({ name }) => name === 'eth0') ?? {}, { received: 1_500 });
    Object.assign(machine.kernel.in(HOME).find(({ name }) => name === 'ens2') ?? {}, { received: 60 });

    const { enis, attachments, actions, failures } = await measured(machine);

    expect(enis?.map(({ id, state, counters }) => [id, state, counters?.received.bytes])).toEqual([
      ['eni-1', 'used', 1_500],
      ['eni-2', 'free', 60],
    ]);
    expect(attachments).toEqual([{ network: 'enim', role: 'main' }]);
    expect([actions, failures]).toEqual([['keep'], {}]);
  });

  it('changes nothing and takes no lock, also where gc would reclaim something', async () => {
    const { machine, inode } = await attached();
    machine.killPod({ inode });
    const before = machine.show();
    machine.calls.splice(0);

    const { enis, actions } = await measured(machine);

    expect([enis?.[0]?.state, actions]).toEqual(['orphan', ['reclaim']]);
    expect(machine.show()).toBe(before);
    expect(machine.calls.filter((call) => call.startsWith('locks.'))).toEqual([]);
  });

  it('asks the provider once for its ENIs, for they may be requests to a server', async () => {
    const { machine } = await attached();
    machine.calls.splice(0);
    await measured(machine);
    expect(machine.calls.filter((call) => call === 'provider.list')).toHaveLength(1);
  });

  it('has no counters of an ENI without a device', async () => {
    const machine = nodeWith(1);
    machine.inventory.push(sampleEni(9));
    expect((await measured(machine)).enis?.[1]).toEqual({ id: 'eni-9', state: 'missing', counters: null });
  });

  it('counts the quarantines that have not run out', async () => {
    const machine = nodeWith(2);
    const since = '2026-01-01T00:00:00Z';
    machine.quarantines = {
      'eni-1': { reason: 'a test', since, until: null, mac: null },
      'eni-2': { reason: 'a test', since, until: '2025-12-31T00:00:00Z', mac: null },
    };
    expect((await measured(machine)).quarantines).toBe(1);
  });

  it('goes on where the provider fails: what it knows is not known, all else is', async () => {
    const { machine } = await attached();
    machine.interference = {
      before: (call) => {
        if (call === 'provider.list') throw new EnimError('API_UNREACHABLE', 'The API server is away.');
      },
    };
    const host = new FakeHost();
    host.locks = [{ path: '/run/enim/state.lock', sign: '', since: new Date(0), holders: [] }];

    const { enis, actions, state, locks, health, failures } = await measured(machine, host);

    expect([enis, actions]).toEqual([null, null]);
    expect([locks, health?.ok, state]).toEqual([host.locks, true, sampleState()]);
    expect(failures).toEqual({ enis: 'The API server is away.', gc: 'The API server is away.' });
  });

  it('mends no damaged state, which reading it would', async () => {
    const { machine } = await attached();
    machine.calls.splice(0);
    const damaged = sampleState({ present: { kind: 'damaged', reason: 'no JSON' } });

    const { enis, state, failures } = await measure(
      patientWith(new FakeHost(), { inspectState: () => damaged }, machine.parts()),
    );

    expect([enis, state, machine.calls]).toEqual([null, damaged, []]);
    expect(Object.keys(failures)).toEqual(['enis', 'gc', 'provider']);
  });

  it('says of a state that only root may read just that', async () => {
    const { machine } = await attached();
    const secret = sampleState({ present: { kind: 'unreadable', errno: 'EACCES' } });
    const { failures, state } = await measure(
      patientWith(new FakeHost(), { inspectState: () => secret }, machine.parts()),
    );
    expect(failures.enis).toContain('cannot be read (EACCES)');
    expect([failures.state, state]).toEqual([failures.enis, null]);
  });

  it('knows of a state on a broken disk that it cannot be used', async () => {
    const broken = sampleState({ present: { kind: 'unreadable', errno: 'EIO' } });
    const { failures, state } = await measure(patientWith(new FakeHost(), { inspectState: () => broken }));
    expect([failures.state, state]).toEqual([undefined, broken]);
  });

  it('does not take locks whose holders it may not see for free ones', async () => {
    const host = new FakeHost();
    host.lacking.add(19);
    const { failures, locks } = await measured(nodeWith(1), host);
    expect([failures, locks]).toEqual([{ locks: 'Who holds the locks in /run/enim may not be seen.' }, null]);
  });
});
