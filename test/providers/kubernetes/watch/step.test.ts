import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Tracked, WatchEvent } from '../../../../src/providers/kubernetes/watch/event.js';
import { pauseAfter, step } from '../../../../src/providers/kubernetes/watch/step.js';
import {
  begin,
  type EndReason,
  type Happening,
  isFresh,
  PAUSES_MS,
  QUIET_MS,
  RESYNC_MS,
  type Stream,
} from '../../../../src/providers/kubernetes/watch/stream.js';
import { createHistory, type History } from './history.js';

const MINUTE = 60_000;

const object = (name: string, version: number): Tracked => ({ metadata: { name, resourceVersion: String(version) } });

const event = (type: 'ADDED' | 'MODIFIED' | 'DELETED', name: string, version: number): Happening<Tracked> => ({
  kind: 'event',
  event: { type, object: object(name, version), version: String(version) },
});

/** What became of a stream by all of this, each at its time in milliseconds. */
function became(...happenings: readonly (readonly [number, Happening<Tracked>])[]): Stream<Tracked> {
  let stream = begin<Tracked>();
  for (const [now, happening] of happenings) {
    const next = step(stream, happening, { now, random: 1 });
    stream = next.stream;
    if (next.cut !== null) stream = step(stream, { kind: 'ended', why: next.cut }, { now, random: 1 }).stream;
  }
  return stream;
}

const LISTED: readonly [number, Happening<Tracked>] = [
  0,
  { kind: 'listed', version: '10', items: [object('eni-1', 3), object('eni-2', 10)] },
];
const OPENED: readonly [number, Happening<Tracked>] = [0, { kind: 'opened' }];
const ended = (at: number, why: EndReason, retryAfter?: number): readonly [number, Happening<Tracked>] => [
  at,
  { kind: 'ended', why, ...(retryAfter === undefined ? {} : { retryAfter }) },
];
const versions = ({ objects }: Stream<Tracked>): string[] =>
  [...objects.values()].map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).sort();

describe('a followed list', () => {
  it('is listed first, and then watched from its version on', () => {
    expect(begin().move).toEqual({ do: 'list', reason: 'start' });
    expect(became(LISTED).move).toEqual({ do: 'watch', from: '10' });
  });

  it('goes on after the time of a watch is over from what was heard last, at once', () => {
    const events = [event('MODIFIED', 'eni-1', 11), event('DELETED', 'eni-2', 12)];
    const heard = events.map((each) => [1_000, each] as const);
    const bookmark = [2_000, { kind: 'event', event: { type: 'BOOKMARK', version: '40' } }] as const;
    expect(became(LISTED, OPENED, ...heard, ended(5 * MINUTE, 'timeout')).move).toEqual({ do: 'watch', from: '12' });
    expect(became(LISTED, OPENED, ...heard, bookmark, ended(5 * MINUTE, 'timeout')).move).toEqual({
      ...{ do: 'watch', from: '40' },
    });
  });

  it('goes on after a cut as well, but not at once', () => {
    const next = { do: 'watch', from: '10' };
    expect(became(LISTED, OPENED, ended(MINUTE, 'cut')).move).toEqual({ do: 'wait', milliseconds: 1_000, next });
    expect(became(LISTED, OPENED, ended(MINUTE, 'cut'), [MINUTE, { kind: 'woke' }]).move).toEqual(next);
  });

  it('is listed anew at once where the server has forgotten its version, once; the next time it waits', () => {
    const gone: Happening<Tracked> = { kind: 'event', event: { type: 'ERROR', code: 410, message: 'too old' } };
    expect(became(LISTED, OPENED, [MINUTE, gone]).move).toEqual({ do: 'list', reason: 'gone' });
    expect(became(LISTED, ended(0, 'gone')).move).toEqual({ do: 'list', reason: 'gone' });
    expect(became(LISTED, ended(0, 'gone'), LISTED, ended(0, 'gone')).move).toMatchObject({
      ...{ do: 'wait', next: { do: 'list', reason: 'gone' } },
    });
  });

  it('goes on after another error of the server from where it was, after a pause', () => {
    const error: Happening<Tracked> = { kind: 'event', event: { type: 'ERROR', code: 500, message: 'etcd' } };
    expect(became(LISTED, OPENED, [MINUTE, error]).move).toMatchObject({
      do: 'wait',
      next: { do: 'watch', from: '10' },
    });
  });

  it('is listed anew as the watch ends, once in a while', () => {
    expect(became(LISTED, OPENED, ended(RESYNC_MS - 1, 'timeout')).move).toMatchObject({ do: 'watch' });
    expect(became(LISTED, OPENED, ended(RESYNC_MS, 'timeout')).move).toEqual({ do: 'list', reason: 'resync' });
  });

  it.each(['cut', 'refused', 'garbage', 'error', 'order', 'timeout'] as const)(
    'waits longer each time that its watch ends at once (%s), and no shorter than the server asks',
    (why) => {
      const ends = [0, 0, 0].map((at) => ended(at, why));
      expect(became(LISTED, OPENED, ...ends).move).toMatchObject({ do: 'wait', milliseconds: 4_000 });
      expect(became(LISTED, OPENED, ended(0, why, 90_000)).move).toMatchObject({ milliseconds: 90_000 });
    },
  );

  it('does not wait for days because somebody says so', () => {
    expect(became(LISTED, OPENED, ended(100, 'refused', 5_000_000_000)).move).toMatchObject({
      ...{ do: 'wait', milliseconds: 600_000 },
    });
  });

  it('waits no longer than a minute, and no node exactly as long as another', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, random) => {
          const pause = pauseAfter(failures, random);
          expect(pause).toBeGreaterThanOrEqual(PAUSES_MS.first / 2);
          expect(pause).toBeLessThanOrEqual(PAUSES_MS.longest);
          expect(pauseAfter(failures + 1, random)).toBeGreaterThanOrEqual(pause);
        },
      ),
    );
    expect(pauseAfter(5, 0)).toBeLessThan(pauseAfter(5, 1));
  });

  it('is fresh as long as it is heard of, and nothing has gone wrong', () => {
    expect(isFresh(begin(), 0)).toBe(false);
    expect(isFresh(became(LISTED, OPENED), QUIET_MS)).toBe(true);
    expect(isFresh(became(LISTED, OPENED), QUIET_MS + 1)).toBe(false);
    expect(isFresh(became(LISTED, OPENED, ended(MINUTE, 'timeout')), MINUTE)).toBe(true);
    for (const why of ['cut', 'silent', 'garbage', 'gone', 'order', 'error', 'refused'] as const)
      expect(isFresh(became(LISTED, OPENED, ended(MINUTE, why)), MINUTE)).toBe(false);
    expect(isFresh(became([0, { kind: 'failed' }]), 0)).toBe(false);
  });
});

describe('the objects that are kept', () => {
  it('do not go back to what they were', () => {
    const twice = [event('MODIFIED', 'eni-1', 11), event('MODIFIED', 'eni-1', 11), event('ADDED', 'eni-1', 3)];
    const stream = became(LISTED, OPENED, ...twice.map((each) => [1, each] as const));
    expect(versions(stream)).toEqual(['eni-1 11', 'eni-2 10']);
    expect(stream.move).toMatchObject({ do: 'watch' });
  });

  it.each([
    ['of an object that is not there', [event('DELETED', 'eni-2', 12), event('MODIFIED', 'eni-2', 11)]],
    ['of another object', [event('MODIFIED', 'eni-2', 12), event('MODIFIED', 'eni-1', 11)]],
    ['of a server that has gone back', [{ kind: 'event', event: { type: 'BOOKMARK', version: '9' } } as const]],
  ])('are listed anew where an event comes too late %s', (_, events) => {
    expect(
      became(LISTED, OPENED, ...events.map((each) => [1, each as Happening<Tracked>] as const)).move,
    ).toMatchObject({
      next: { do: 'list', reason: 'order' },
    });
  });

  it('tell of each change, in a list as in a watch', () => {
    const { stream } = step(begin<Tracked>(), LISTED[1], { now: 0, random: 0 });
    const items = [object('eni-2', 12), object('eni-3', 11)];
    const { changes } = step(stream, { kind: 'listed', version: '12', items }, { now: 1, random: 0 });
    expect(changes).toEqual([
      { was: object('eni-2', 10), now: object('eni-2', 12) },
      { was: undefined, now: object('eni-3', 11) },
      { was: object('eni-1', 3), now: undefined },
    ]);
  });
});

const present = (history: History): string[] => versions({ ...begin(), objects: history.objects() });

/** What happens on the way: some of what the server tells comes twice, late, or not at all, and watches end as they like. */
interface Mishaps {
  readonly duplicate: boolean;
  readonly late: boolean;
  readonly lost: boolean;
}

/** Follows a server until all that it has written was told, with whatever else happens in between. */
function follow(
  history: History,
  next: (limit: number) => number,
  { duplicate, late, lost }: Mishaps,
): Stream<Tracked> {
  let stream = begin<Tracked>();
  let now = 0;
  const happen = (happening: Happening<Tracked>): boolean => {
    const { stream: following, cut } = step(stream, happening, { now, random: next(100) / 100 });
    stream = following;
    if (cut === null) return true;
    stream = step(stream, { kind: 'ended', why: cut }, { now, random: next(100) / 100 }).stream;
    return false;
  };
  const watch = (from: string): void => {
    if (!history.remembers(from)) return void happen({ kind: 'ended', why: 'gone' });
    happen({ kind: 'opened' });
    const told: WatchEvent<Tracked>[] = [...history.after(from)];
    if (duplicate && told.length > 0) {
      const at = next(told.length);
      told.splice(at + 1 + next(told.length - at), 0, told[at] as WatchEvent<Tracked>);
    }
    if (late && told.length > 1) told.push(...told.splice(next(told.length), 1));
    if (lost && told.length > 0) told.splice(next(told.length), 1);
    const until = next(4) === 0 ? next(told.length + 1) : told.length;
    for (const each of told.slice(0, until)) if (!happen({ kind: 'event', event: each })) return;
    if (!late && !lost && until === told.length) expect(versions(stream)).toEqual(present(history));
    now += next(20) * MINUTE;
    happen({ kind: 'ended', why: (['timeout', 'cut', 'silent', 'error'] as const)[next(4)] as EndReason });
  };
  for (let moves = 0; moves < 60; moves += 1) {
    now += 1_000;
    if (moves < 20) history.write(next);
    switch (stream.move.do) {
      case 'list':
        happen(next(5) === 0 && moves < 40 ? { kind: 'failed' } : { kind: 'listed', ...history.list() });
        break;
      case 'watch':
        watch(stream.move.from);
        break;
      case 'wait':
        happen({ kind: 'woke' });
    }
  }
  return stream;
}

describe('whatever the way to the server does', () => {
  const check = (mishaps: Mishaps, settle: (stream: Stream<Tracked>, history: History) => Stream<Tracked>): void => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat({ max: 1_000_000 })), (numbers) => {
        const history = createHistory();
        const next = (limit: number): number => Number(numbers.next().value) % limit;
        const stream = settle(follow(history, next, mishaps), history);
        expect(versions(stream)).toEqual(present(history));
      }),
      { numRuns: 300 },
    );
  };

  it('the objects are those of the server whenever all was told, with cuts, forgotten versions and what comes twice', () => {
    check({ duplicate: true, late: false, lost: false }, (stream) => stream);
  });

  it('the objects end as the server has them if what it tells comes in another order, at the latest with a resync', () => {
    check({ duplicate: true, late: true, lost: false }, (stream) => stream);
  });

  it('the objects are as the server has them after the next list, if something was lost', () => {
    check({ duplicate: true, late: true, lost: true }, (stream, history) => {
      return step(stream, { kind: 'listed', ...history.list() }, { now: 0, random: 0 }).stream;
    });
  });
});
