import { describe, expect, it } from '@jest/globals';
import { createProbes, createPulse } from '../../src/agent/probes.js';
import type { Patient } from '../../src/manager/doctor/patient.js';
import { EnimError } from '../../src/model/errors.js';
import { FakeHost, patientWith, sampleState } from '../manager/doctor/patient.js';
import { nodeWith } from '../manager/node.js';

const PULSE = { beat: () => undefined, fault: () => null };

const probesOf = (overrides: Partial<Patient> = {}, stop = new AbortController().signal) =>
  createProbes({
    patient: patientWith(new FakeHost(), overrides),
    pulse: PULSE,
    gcEvery: () => 0,
    syncEvery: () => 0,
    stop,
  });

describe('the pulse of what is repeated', () => {
  const pulseAt = (every: () => number) => {
    let now = 1_000_000;
    const pulse = createPulse(() => now, every);
    return { pulse, pass: (milliseconds: number) => (now += milliseconds) };
  };

  it('is lost once a round is overdue by far, and there again with the next', () => {
    const { pulse, pass } = pulseAt(() => 30_000);
    pass(180_000);
    expect(pulse.fault()).toBeNull();
    pass(1);
    expect(pulse.fault()).toBe('the last round ended 180 s ago');
    pulse.beat();
    expect(pulse.fault()).toBeNull();
  });

  it('is never lost while nothing is to be repeated, nor at once when it is again', () => {
    let every = 0;
    const { pulse, pass } = pulseAt(() => every);
    pass(10_000_000);
    expect(pulse.fault()).toBeNull();
    every = 30_000;
    expect(pulse.fault()).toBeNull();
  });
});

describe('the agent is', () => {
  it('ready where settings, state and provider are there', async () => {
    expect(await probesOf().ready()).toEqual({});
  });

  it('ready on a node that has no ENI yet', async () => {
    expect(await probesOf({ open: () => nodeWith(0).parts() }).ready()).toEqual({});
  });

  it('not ready while the settings are wrong', async () => {
    const open = (): never => {
      throw new EnimError('INVALID_CONFIG', 'The settings are no JSON.');
    };
    expect(await probesOf({ open }).ready()).toEqual({ settings: 'The settings are no JSON.' });
  });

  it('not ready while the state is damaged, which it does not mend by looking', async () => {
    const machine = nodeWith(1);
    const damaged = sampleState({ present: { kind: 'damaged', reason: 'no JSON' } });
    const faults = await probesOf({ inspectState: () => damaged, open: () => machine.parts() }).ready();
    expect([Object.keys(faults), machine.calls]).toEqual([['state'], []]);
  });

  it('not ready while the provider cannot be reached', async () => {
    const machine = nodeWith(1);
    machine.interference = {
      before: () => {
        throw new EnimError('API_UNREACHABLE', 'The API server is away.');
      },
    };
    expect(await probesOf({ open: () => machine.parts() }).ready()).toEqual({ provider: 'The API server is away.' });
  });

  it('not ready once it is to end', async () => {
    const stop = new AbortController();
    const probes = probesOf({}, stop.signal);
    expect(await probes.ready()).toEqual({});
    stop.abort();
    expect(await probes.ready()).toEqual({ agent: 'it is stopping' });
  });

  it('asked by many at once, and looks once', async () => {
    const machine = nodeWith(1);
    const probes = probesOf({ open: () => machine.parts() });
    await Promise.all([probes.measure(), probes.measure(), probes.measure()]);
    expect(machine.calls.filter((call) => call === 'provider.list')).toHaveLength(1);
    await Promise.all([probes.ready(), probes.ready()]);
    await probes.ready();
    expect(machine.calls.filter((call) => call === 'provider.list')).toHaveLength(2);
  });
});
