/** What follows from what happened to a stream. Pure. */
import type { Tracked, WatchEvent } from './event.js';
import {
  type Change,
  type Circumstances,
  type EndReason,
  type Happening,
  LASTED_MS,
  type Move,
  PAUSES_MS,
  RESYNC_MS,
  type Step,
  type Stream,
} from './stream.js';
import { compareVersions } from './version.js';

export function step<T extends Tracked>(
  stream: Stream<T>,
  happening: Happening<T>,
  { now, random }: Circumstances,
): Step<T> {
  switch (happening.kind) {
    case 'listed':
      return listed(stream, happening, now);
    case 'failed':
      return going(afterFailure(stream, random, happening.retryAfter, stream.move));
    case 'opened':
      return going({ ...stream, opened: now, heard: now, isSound: true });
    case 'event':
      return told({ ...stream, heard: now }, happening.event);
    case 'ended':
      return going(ended(stream, happening.why, happening.retryAfter, { now, random }));
    case 'woke':
      return going(stream.move.do === 'wait' ? { ...stream, move: stream.move.next } : stream);
  }
}

function going<T extends Tracked>(stream: Stream<T>, changes: readonly Change<T>[] = []): Step<T> {
  return { stream, changes, cut: null };
}

function listed<T extends Tracked>(
  stream: Stream<T>,
  { version, items }: Extract<Happening<T>, { kind: 'listed' }>,
  now: number,
): Step<T> {
  const objects = new Map(items.map((item) => [keyOf(item), item]));
  const changes = [
    ...[...objects].flatMap(([key, item]): Change<T>[] => {
      const was = stream.objects.get(key);
      return was !== undefined && isSameVersion(was, item) ? [] : [{ was, now: item }];
    }),
    ...[...stream.objects].flatMap(([key, was]): Change<T>[] => (objects.has(key) ? [] : [{ was, now: undefined }])),
  ];
  return going(
    { ...stream, objects, version, move: { do: 'watch', from: version }, isSound: true, heard: now, listed: now },
    changes,
  );
}

function told<T extends Tracked>(stream: Stream<T>, event: WatchEvent<T>): Step<T> {
  if (event.type === 'ERROR') return { stream, changes: [], cut: event.code === 410 ? 'gone' : 'error' };
  const { version } = event;
  const order = compareVersions(version, stream.version ?? version);
  const isNews = order === null || order > 0;
  if (event.type === 'BOOKMARK') {
    // A server that has gone back in time may have lost what we know.
    if (!isNews && order < 0) return { stream, changes: [], cut: 'order' };
    return going({ ...stream, version });
  }
  const key = keyOf(event.object);
  const was = stream.objects.get(key);
  if (!isNews) return isKnown(event, was) ? going(stream) : { stream, changes: [], cut: 'order' };
  const objects = new Map(stream.objects);
  if (event.type === 'DELETED') objects.delete(key);
  else objects.set(key, event.object);
  const present = event.type === 'DELETED' ? undefined : event.object;
  const changes = was === undefined && present === undefined ? [] : [{ was, now: present }];
  return going({ ...stream, objects, version }, changes);
}

/** Whether an event that is not new was heard before; if not, it came too late, and there is no telling what it is worth. */
function isKnown<T extends Tracked>(
  event: Extract<WatchEvent<T>, { readonly object: T }>,
  was: T | undefined,
): boolean {
  if (was === undefined) return event.type === 'DELETED';
  const order = compareVersions(event.version, was.metadata.resourceVersion ?? '');
  return order !== null && order <= 0;
}

function ended<T extends Tracked>(
  stream: Stream<T>,
  why: EndReason,
  retryAfter: number | null | undefined,
  { now, random }: Circumstances,
): Stream<T> {
  const lasted = stream.opened !== null && now - stream.opened >= LASTED_MS;
  const before = { ...stream, opened: null, failures: lasted ? 0 : stream.failures };
  const again = nextAfter(before, why, now);
  if (lasted && why === 'timeout') return { ...before, move: again };
  // What was forgotten is asked for at once, but not again and again.
  if (why === 'gone' && before.failures === 0) return { ...before, failures: 1, isSound: false, move: again };
  return afterFailure(before, random, retryAfter, again);
}

function nextAfter<T extends Tracked>({ version, listed }: Stream<T>, why: EndReason, now: number): Move {
  if (why === 'gone' || why === 'order') return { do: 'list', reason: why };
  if (version === null) return { do: 'list', reason: 'start' };
  return now - listed >= RESYNC_MS ? { do: 'list', reason: 'resync' } : { do: 'watch', from: version };
}

function afterFailure<T extends Tracked>(
  stream: Stream<T>,
  random: number,
  retryAfter: number | null | undefined,
  again: Move,
): Stream<T> {
  const failures = stream.failures + 1;
  const milliseconds = Math.max(pauseAfter(failures, random), Math.min(retryAfter ?? 0, PAUSES_MS.asked));
  const next = again.do === 'wait' ? again.next : again;
  return { ...stream, failures, isSound: false, move: { do: 'wait', milliseconds, next } };
}

/** Twice as long each time; not the same for all nodes whose server has gone. */
export function pauseAfter(failures: number, random: number): number {
  return Math.min(PAUSES_MS.first * 2 ** (failures - 1), PAUSES_MS.longest) * (0.5 + random / 2);
}

function keyOf({ metadata: { namespace = '', name } }: Tracked): string {
  return `${namespace}/${name}`;
}

function isSameVersion(a: Tracked, b: Tracked): boolean {
  return a.metadata.uid === b.metadata.uid && a.metadata.resourceVersion === b.metadata.resourceVersion;
}
