import { describe, expect, it } from '@jest/globals';
import { evictionVersion, judgeAnswer, judgePod } from '../../../src/providers/kubernetes/evict.js';
import type { PodObject } from '../../../src/providers/kubernetes/wire.js';
import { sampleEndpoint } from '../../model/samples.js';

const NODE = 'node-1';
const pod = (metadata: Partial<PodObject['metadata']> = {}, nodeName = NODE): PodObject => ({
  metadata: { name: 'web-0', namespace: 'default', uid: 'u-1', ...metadata },
  spec: { nodeName },
});
const withUid = (uid: string | null) => sampleEndpoint({ uid });

describe('the pod of an endpoint', () => {
  it.each([
    ['with its UID', pod(), 'u-1'],
    ['of its name on this node, where no UID is known', pod(), null],
  ])('%s has to be asked for', (_, seen, uid) => {
    expect(judgePod(seen, withUid(uid), NODE)).toBeNull();
  });

  it.each([
    ['that is not there', undefined, 'u-1', 'granted'],
    ['of its name with another UID, a successor', pod(), 'u-0', 'granted'],
    ['that is being deleted', pod({ deletionTimestamp: '2026-01-01T00:00:00Z' }), 'u-1', 'granted'],
    ['of its name on another node, where no UID is known', pod({}, 'node-2'), null, 'never'],
    ['of a file of the node', pod({ annotations: { 'kubernetes.io/config.hash': 'h-1' } }), 'h-1', 'never'],
  ])('%s is not asked for', (_, seen, uid, result) => {
    expect(judgePod(seen, withUid(uid), NODE)).toMatchObject({ result });
  });
});

describe('the version of an eviction', () => {
  const own = { name: 'pods/eviction', group: 'policy' };
  it('is the one that the server has', () => {
    expect(evictionVersion([{ name: 'pods' }, { ...own, version: 'v1' }])).toBe('policy/v1');
    expect(evictionVersion([{ ...own, version: 'v1beta1' }])).toBe('policy/v1beta1');
  });

  it('is none where the server has none', () => {
    expect(evictionVersion([{ name: 'pods', version: 'v1' }])).toBeUndefined();
  });
});

describe('the answer to an eviction', () => {
  const answer = (status: number, message?: string) =>
    judgeAnswer({ status, retryAfter: null, body: message === undefined ? 'busy' : JSON.stringify({ message }) });

  it('grants it', () => {
    expect(answer(201, '')).toEqual({ result: 'granted', message: 'its pod is terminating' });
  });

  it('refuses it for now where a budget would be broken, in the words of the server', () => {
    expect(answer(429, 'Cannot evict pod.')).toEqual({
      ...{ result: 'later', message: 'may not be evicted now: Cannot evict pod' },
    });
  });

  it.each([404, 409, 500, 503])('of %d is no end', (status) => {
    expect(answer(status).result).toBe('later');
  });
});
