/** What was measured of a node, as metrics. Names and units follow Prometheus' conventions. Pure. */
import { ENI_STATES } from '../manager/list.js';
import { LOOKS, type MeasuredEni, type Measurement } from '../manager/measure.js';
import { ACTIONS } from '../manager/verdict.js';
import type { Flow } from '../model/counters.js';
import type { Family, Labels, Sample } from './family.js';

/** Which enim it is. */
export interface BuildInfo {
  readonly version: string;
  readonly build: string;
}

/** Kinds of locks, which are the first word of their names; a kind that is not among them is `other`. */
const LOCK_KINDS = ['agent', 'attachment', 'cordon', 'eni', 'history', 'install', 'state', 'subnets', 'sync', 'other'];

/** All of them, also those that have no samples: what could not be seen is absent, never zero. */
export function nodeMetrics(measurement: Measurement, { version, build }: BuildInfo): Family[] {
  const { enis, attachments, quarantines, actions, health, state, locks, failures } = measurement;
  const present = state?.present.kind === 'good' ? state.present : null;
  const newest = present ?? (state?.previous.kind === 'good' ? state.previous : null);
  return [
    gauge(
      'enim_build_info',
      'Which enim this is; the value is always 1.',
      [one({ version, build })],
      ['version', 'build'],
    ),
    gauge(
      'enim_look_success',
      'Whether a look at the node succeeded; what it shows is absent if not.',
      LOOKS.map((look) => ({ labels: { look }, value: failures[look] === undefined ? 1 : 0 })),
      ['look'],
    ),
    gauge(
      'enim_enis',
      'ENIs of this node by state.',
      counts(
        'state',
        ENI_STATES,
        enis?.map((each) => each.state),
      ),
      ['state'],
    ),
    gauge(
      'enim_eni_state',
      'The state of each ENI; the value is always 1.',
      (enis ?? []).map(({ id, state: of }) => one({ eni: id, state: of })),
      ['eni', 'state'],
    ),
    gauge(
      'enim_attachments',
      'Attachments that are recorded, by network and role.',
      grouped(attachments?.map(({ network, role }) => ({ network, role }))),
      ['network', 'role'],
    ),
    gauge('enim_gc_verdicts', 'What gc would do by one look, by action.', counts('action', ACTIONS, actions), [
      'action',
    ]),
    gauge('enim_quarantines', 'ENIs that somebody has put in quarantine.', single(quarantines)),
    gauge('enim_provider_healthy', 'Whether the provider can do its work.', single(health && Number(health.ok))),
    gauge('enim_state_good', 'Whether the state file can be used as it is.', single(state && Number(isUsable(state)))),
    gauge('enim_state_generation', 'How often the state was written.', single(newest?.generation)),
    gauge(
      'enim_state_written_timestamp_seconds',
      'When the state was last written.',
      single(newest && Date.parse(newest.written) / 1_000),
    ),
    gauge('enim_state_damaged_files', 'Damaged state files that were set aside.', single(state?.kept.length)),
    gauge(
      'enim_locks_held',
      'Locks that are held, by kind.',
      counts(
        'kind',
        LOCK_KINDS,
        locks?.map(({ path }) => kindOf(path)),
      ),
      ['kind'],
    ),
    gauge(
      'enim_lock_oldest_timestamp_seconds',
      'When the oldest of the locks of a kind that are held was taken.',
      oldest(locks ?? []),
      ['kind'],
    ),
    ...traffic(enis ?? []),
  ];
}

/** Nothing was written yet is as good as a good file. */
function isUsable({ present, previous }: NonNullable<Measurement['state']>): boolean {
  return present.kind === 'good' || (present.kind === 'none' && previous.kind === 'none');
}

function traffic(enis: readonly MeasuredEni[]): Family[] {
  return TRAFFIC.map(([name, direction, field, what]) => ({
    name: `enim_nic_${name}_total`,
    help: `${what} by the NIC of each ENI, wherever it is.`,
    type: 'counter' as const,
    labels: ['eni'],
    samples: enis.flatMap(({ id, counters }) =>
      counters === null ? [] : [{ labels: { eni: id }, value: counters[direction][field] }],
    ),
  }));
}

const TRAFFIC = [
  ['receive_bytes', 'received', 'bytes', 'Bytes received'],
  ['receive_packets', 'received', 'packets', 'Packets received'],
  ['receive_errors', 'received', 'errors', 'Errors met in receiving'],
  ['receive_dropped', 'received', 'dropped', 'Packets received and dropped'],
  ['transmit_bytes', 'sent', 'bytes', 'Bytes sent'],
  ['transmit_packets', 'sent', 'packets', 'Packets sent'],
  ['transmit_errors', 'sent', 'errors', 'Errors met in sending'],
  ['transmit_dropped', 'sent', 'dropped', 'Packets to be sent and dropped'],
] as const satisfies readonly (readonly [string, 'received' | 'sent', keyof Flow, string])[];

function gauge(name: string, help: string, samples: readonly Sample[], labels: readonly string[] = []): Family {
  return { name, help, type: 'gauge', labels, samples };
}

function one(labels: Labels): Sample {
  return { labels, value: 1 };
}

/** None if it is not known. */
function single(value: number | null | undefined): Sample[] {
  return value == null || Number.isNaN(value) ? [] : [{ labels: {}, value }];
}

/** How often each of the known values occurs, zero among them; none if nothing is known. */
function counts(label: string, known: readonly string[], values: readonly string[] | null | undefined): Sample[] {
  if (values == null) return [];
  return known.map((each) => ({ labels: { [label]: each }, value: values.filter((value) => value === each).length }));
}

/** How often each set of labels occurs. */
function grouped(all: readonly Labels[] | undefined): Sample[] {
  const groups = new Map<string, { labels: Labels; value: number }>();
  for (const labels of all ?? []) {
    const key = JSON.stringify(labels);
    groups.set(key, { labels, value: (groups.get(key)?.value ?? 0) + 1 });
  }
  return [...groups.values()];
}

/** By kind; the agent has its own for as long as it lives. */
function oldest(locks: NonNullable<Measurement['locks']>): Sample[] {
  return LOCK_KINDS.flatMap((kind) => {
    const times = locks.filter(({ path }) => kindOf(path) === kind).map(({ since }) => since.getTime());
    return times.length === 0 ? [] : [{ labels: { kind }, value: Math.min(...times) / 1_000 }];
  });
}

/** Of the lock in this file; lock files are called as their locks, with codes for what is no plain character. */
function kindOf(path: string): string {
  const word = /^[a-z]+/.exec(path.slice(path.lastIndexOf('/') + 1))?.[0] ?? '';
  return LOCK_KINDS.includes(word) ? word : 'other';
}
