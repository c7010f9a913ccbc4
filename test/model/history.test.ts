import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { begun, ended, type HistoryEvent, pair, select } from '../../src/model/history.js';
import { sampleAttachment, sampleEni } from './samples.js';

const time = (minute: number): Date => new Date(Date.UTC(2026, 0, 1, 0, minute));

/** An attachment of a container, reserved at this minute. */
const held = (containerID: string, minute: number, eni = 1, role: 'main' | 'ipam' = 'main') =>
  sampleAttachment({ containerID, since: time(minute).toISOString(), eni: sampleEni(eni), role });

const begin = (...args: Parameters<typeof held>): HistoryEvent => begun(held(...args), time(args[1]));

function end(containerID: string, since: number | null, at: number, { eni = 1, reason = 'del' } = {}): HistoryEvent {
  const attachment = held(containerID, since ?? 0, eni);
  return ended(attachment, time(at), { since: since === null ? null : attachment.since, reason, restored: [] });
}

/** What is paired, in short: `ENI CONTAINER FROM-TO WHY`, times as minutes. */
const short = (events: readonly HistoryEvent[]): string[] =>
  pair(events).map(({ eni, containerID, from, to, reason }) => {
    const [start, stop] = [from, to].map((each) =>
      each === null ? '?' : (Date.parse(each) - Date.UTC(2026)) / 60_000,
    );
    return `${eni} ${containerID} ${start}-${stop} ${reason ?? 'lasts'}`;
  });

describe('an event', () => {
  it('names ENI, endpoint, netns and time', () => {
    expect(begin('c1', 3)).toEqual({
      ...{ event: 'attached', eni: 'eni-1', owner: 'default/web-0', uid: null, network: 'enim', containerID: 'c1' },
      ...{ ifname: 'eth0', netns: '/run/netns/web-0', since: time(3).toISOString(), at: time(3).toISOString() },
    });
  });

  it('of an ENI whose NIC another plugin moves is of a lease', () => {
    const lease = held('c1', 3, 1, 'ipam');
    const stop = ended(lease, time(4), { since: lease.since, reason: 'del', restored: [] });
    expect([begun(lease, time(3)).event, stop.event]).toEqual(['leased', 'lease ended']);
    expect(pair([begun(lease, time(3)), stop])).toMatchObject([{ role: 'ipam', reason: 'del' }]);
    expect(pair([stop])).toMatchObject([{ role: 'ipam' }]);
  });
});

describe('events of ENIs', () => {
  it('are joined in the order of what happened last, those that last at their beginning', () => {
    const restored = [{ what: 'MTU', from: '1300', to: '1500' }];
    const events = [begin('a', 1), begin('b', 2, 2), begin('c', 3, 3), { ...end('a', 1, 4), restored }, begin('d', 5)];
    expect(short(events)).toEqual(['eni-2 b 2-? lasts', 'eni-3 c 3-? lasts', 'eni-1 a 1-4 del', 'eni-1 d 5-? lasts']);
    expect(pair(events)[2]?.restored).toEqual(restored);
  });

  it('that are told twice count once', () => {
    const events = [begin('a', 1), begin('a', 1), end('a', 1, 2), end('a', 1, 3), end('a', null, 4), begin('a', 5)];
    expect(short(events)).toEqual(['eni-1 a 1-2 del', 'eni-1 a 5-? lasts']);
  });

  it('without a beginning know it from the record, if there was one', () => {
    expect(short([end('a', 1, 2), end('b', null, 3)])).toEqual(['eni-1 a 1-2 del', 'eni-1 b ?-3 del']);
  });

  it('without an end are over when the ENI is given out again', () => {
    const lost = 'its end was not recorded; the ENI was given out again by then';
    expect(short([begin('a', 1), begin('b', 2), end('b', 2, 3)])).toEqual([`eni-1 a 1-2 ${lost}`, 'eni-1 b 2-3 del']);
    expect(short([begin('a', 1), begin('a', 2)])).toEqual([`eni-1 a 1-2 ${lost}`, 'eni-1 a 2-? lasts']);
  });

  it('end what began, also where the record had to be made anew meanwhile', () => {
    expect(short([begin('a', 1), end('a', 7, 9)])).toEqual(['eni-1 a 1-9 del']);
  });

  it('of another do not end what lasts', () => {
    expect(short([begin('a', 1), end('b', null, 2)])).toEqual(['eni-1 a 1-? lasts', 'eni-1 b ?-2 del']);
  });

  it('make the same holdings, however often each is told; and never one that was not, whichever are missing', () => {
    const holdings = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 });
    const copies = fc.infiniteStream(fc.nat({ max: 2 }));
    fc.assert(
      fc.property(holdings, copies, (containers, counts) => {
        const whole = containers.flatMap((each, index) => [
          begin(each, 2 * index),
          end(each, 2 * index, 2 * index + 1),
        ]);
        const told = short(whole);
        expect(told).toHaveLength(containers.length);
        const repeated = whole.flatMap((event) => Array.from({ length: 1 + (counts.next().value ?? 0) }, () => event));
        expect(short(repeated)).toEqual(told);
        const damaged = pair(whole.filter(() => counts.next().value !== 0));
        expect(damaged.length).toBeLessThanOrEqual(containers.length);
        for (const { from, to } of damaged) expect(to === null || from === null || from < to).toBe(true);
      }),
    );
  });
});

describe('holdings', () => {
  const holdings = pair([
    ...[begin('a', 1), begin('b', 2, 2), end('a', 1, 10), begin('c', 20)],
    begun({ ...held('d', 30, 3), owner: 'batch/job' }, time(30)),
  ]);
  const chosen = (query: Partial<Parameters<typeof select>[1]>): string[] =>
    select(holdings, { subject: null, since: null, ...query }).map(({ containerID }) => containerID);

  it('are chosen by ENI or by owner', () => {
    expect(chosen({})).toEqual(['b', 'a', 'c', 'd']);
    expect(chosen({ subject: 'eni-1' })).toEqual(['a', 'c']);
    expect(chosen({ subject: 'batch/job' })).toEqual(['d']);
    expect(chosen({ subject: 'eni-9' })).toEqual([]);
  });

  it('are chosen by how long they lasted, whenever they began', () => {
    expect(chosen({ since: time(10) })).toEqual(['b', 'a', 'c', 'd']);
    expect(chosen({ since: time(11) })).toEqual(['b', 'c', 'd']);
  });
});
