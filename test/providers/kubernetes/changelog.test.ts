import { describe, expect, it } from '@jest/globals';
import { append, lastHolder, messageFor, releasedAt, usedSince } from '../../../src/providers/kubernetes/changelog.js';
import type { Change } from '../../../src/providers/kubernetes/wire.js';
import { sampleEndpoint } from '../../model/samples.js';

/** A log of states, one a minute. */
const log = (...states: string[]): Change[] =>
  states.map((CCEStatus, minute) => ({ code: 'ok', time: `2026-01-01T00:0${minute}:00Z`, CCEStatus }));
const minute = (number: number): string => `2026-01-01T00:0${number}:00.000Z`;

describe('the log of an ENI’s states', () => {
  it('says since when it is used, and when it was given back last', () => {
    const changes = log('Pending', 'ReadyOnNode', 'UsingInPod', 'ReadyOnNode', 'UsingInPod');
    expect([usedSince(changes), releasedAt(changes)]).toEqual([minute(4), minute(3)]);
  });

  it('says of one that became ready, but was never used, that it never was given back', () => {
    expect(releasedAt(log('Pending', 'ReadyOnNode', 'ReadyInVPC', 'ReadyOnNode'))).toBeNull();
  });

  it('may be missing, empty, or have no good times', () => {
    for (const each of [null, undefined, [], [{ CCEStatus: 'UsingInPod' }], [{ CCEStatus: 'UsingInPod', time: 'x' }]])
      expect([usedSince(each), releasedAt(each)]).toEqual([null, null]);
  });

  it('does not count what failed', () => {
    const failed = { code: 'failed', time: minute(8), CCEStatus: 'ReadyOnNode' };
    expect(releasedAt([...log('UsingInPod'), failed])).toBeNull();
  });

  it('keeps the last 20', () => {
    const changes = Array.from({ length: 20 }, (_, index) => ({ message: `${index}` }));
    expect(append(changes, { message: 'new' }).map(({ message }) => message)).toEqual([
      ...changes.slice(1).map(({ message }) => message),
      'new',
    ]);
  });

  it('tells for whom it is used, without the UID', () => {
    const endpoint = sampleEndpoint({ ifname: 'net1', owner: 'kube-system/dns-1', uid: 'u' });
    const change = { ...log('UsingInPod')[0], message: messageFor(endpoint) };
    expect(lastHolder([change, ...log('ReadyOnNode')])).toEqual({ ...endpoint, uid: null });
  });

  it.each(['', 'allocated by another agent', 'given to nobody: network a, container b, interface c'])(
    'does not take %j for an endpoint',
    (message) => {
      expect(lastHolder([{ ...log('UsingInPod')[0], message }])).toBeUndefined();
    },
  );
});
