import { describe, expect, it } from '@jest/globals';
import type { Measurement } from '../../src/manager/measure.js';
import { registryOf } from '../../src/metrics/exposition.js';
import { nodeMetrics } from '../../src/metrics/node.js';
import { sampleState } from '../manager/doctor/patient.js';

const TRAFFIC = { bytes: 1, packets: 2, errors: 3, dropped: 4 };

const SEEN: Measurement = {
  enis: [
    { id: 'eni-1', state: 'used', counters: { received: TRAFFIC, sent: { ...TRAFFIC, bytes: 2 ** 40 } } },
    { id: 'eni-2', state: 'missing', counters: null },
    { id: 'odd "one\\', state: 'used', counters: null },
  ],
  attachments: [
    { network: 'enim', role: 'main' },
    { network: 'enim', role: 'ipam' },
    { network: 'enim', role: 'main' },
  ],
  quarantines: 2,
  actions: ['keep', 'reclaim', 'keep'],
  health: { ok: false, message: 'away' },
  state: sampleState({ kept: ['/var/lib/enim/state.damaged-1.json'] }),
  locks: [
    { path: '/run/enim/attachment%20enim%2fc0%2feth0.lock', sign: '', since: new Date(20_000), holders: [] },
    { path: '/run/enim/attachment%20enim%2fc1%2feth0.lock', sign: '', since: new Date(10_000), holders: [] },
    { path: '/run/enim/somebody-elses.lock', sign: '', since: new Date(30_000), holders: [] },
  ],
  failures: {},
};

const UNSEEN: Measurement = {
  ...{ enis: null, attachments: null, quarantines: null, actions: null, health: null, state: null, locks: null },
  failures: { enis: 'away', gc: 'away', locks: 'away', provider: 'away', state: 'away' },
};

const textOf = (measurement: Measurement): Promise<string> =>
  registryOf(nodeMetrics(measurement, { version: '1.2.3', build: 'abc' })).metrics();

/** The samples, without zeros. */
async function samplesOf(measurement: Measurement, pattern: RegExp): Promise<string[]> {
  const lines = (await textOf(measurement)).split('\n');
  return lines.filter((line) => pattern.test(line) && !line.startsWith('#') && !line.endsWith(' 0'));
}

describe('the metrics of a node', () => {
  it('count ENIs by state, every state among them', async () => {
    expect(await samplesOf(SEEN, /^enim_enis/)).toEqual(['enim_enis{state="used"} 2', 'enim_enis{state="missing"} 1']);
    expect(await textOf(SEEN)).toContain('enim_enis{state="orphan"} 0');
  });

  it('tell the state of each ENI, whatever it is called', async () => {
    expect(await samplesOf(SEEN, /^enim_eni_state/)).toEqual([
      'enim_eni_state{eni="eni-1",state="used"} 1',
      'enim_eni_state{eni="eni-2",state="missing"} 1',
      'enim_eni_state{eni="odd \\"one\\\\",state="used"} 1',
    ]);
  });

  it('count attachments by network and role, and verdicts by action', async () => {
    expect(await samplesOf(SEEN, /^enim_(attachments|gc_verdicts)/)).toEqual([
      'enim_attachments{network="enim",role="main"} 2',
      'enim_attachments{network="enim",role="ipam"} 1',
      'enim_gc_verdicts{action="keep"} 2',
      'enim_gc_verdicts{action="reclaim"} 1',
    ]);
  });

  it('count locks by kind and never by their names, which pods choose', async () => {
    expect(await samplesOf(SEEN, /^enim_lock/)).toEqual([
      'enim_locks_held{kind="attachment"} 2',
      'enim_locks_held{kind="other"} 1',
      'enim_lock_oldest_timestamp_seconds{kind="attachment"} 10',
      'enim_lock_oldest_timestamp_seconds{kind="other"} 30',
    ]);
  });

  it.each(['cordon', 'sync'])('count the lock "%s" under its own name', async (kind) => {
    const locks = [{ path: `/run/enim/${kind}.lock`, sign: '', since: new Date(10_000), holders: [] }];
    expect(await samplesOf({ ...SEEN, locks }, /^enim_locks_held/)).toEqual([`enim_locks_held{kind="${kind}"} 1`]);
  });

  it('tell when the state was written, in seconds, and how often', async () => {
    expect(await samplesOf(SEEN, /^enim_(state|quarantines)/)).toEqual([
      'enim_quarantines 2',
      'enim_state_good 1',
      'enim_state_generation 812',
      `enim_state_written_timestamp_seconds ${Date.parse('2026-01-01T23:57:00Z') / 1_000}`,
      'enim_state_damaged_files 1',
    ]);
  });

  it('show of a damaged state that it is, and the generation before it', async () => {
    const state = sampleState({ present: { kind: 'damaged', reason: 'no JSON' } });
    expect(await textOf({ ...SEEN, state })).toContain('enim_state_good 0');
    expect(await samplesOf({ ...SEEN, state }, /^enim_state_generation/)).toEqual(['enim_state_generation 811']);
  });

  it('count what each NIC has received and sent', async () => {
    expect(await samplesOf(SEEN, /^enim_nic/)).toEqual([
      'enim_nic_receive_bytes_total{eni="eni-1"} 1',
      'enim_nic_receive_packets_total{eni="eni-1"} 2',
      'enim_nic_receive_errors_total{eni="eni-1"} 3',
      'enim_nic_receive_dropped_total{eni="eni-1"} 4',
      'enim_nic_transmit_bytes_total{eni="eni-1"} 1099511627776',
      'enim_nic_transmit_packets_total{eni="eni-1"} 2',
      'enim_nic_transmit_errors_total{eni="eni-1"} 3',
      'enim_nic_transmit_dropped_total{eni="eni-1"} 4',
    ]);
  });

  it('have no number for what could not be seen, and say which look failed', async () => {
    expect(await samplesOf(UNSEEN, /./)).toEqual(['enim_build_info{version="1.2.3",build="abc"} 1']);
    expect((await textOf(UNSEEN)).match(/^enim_\w+/gm)).toEqual([
      'enim_build_info',
      ...Array.from({ length: 5 }, () => 'enim_look_success'),
    ]);
  });

  it('follow the conventions for names: base units, _total for what only grows', () => {
    for (const { name, type, help } of nodeMetrics(SEEN, { version: '1', build: 'abc' })) {
      expect(name).toMatch(/^enim_[a-z_]+$/);
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      expect(name).not.toMatch(/milliseconds|kilo|mega|_count$|_sum$|_bucket$/);
      expect(help).toMatch(/^[A-Z].*\.$/);
    }
  });
});
