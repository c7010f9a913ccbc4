import { describe, expect, it } from '@jest/globals';
import { create, holderOf, isOf, nameOf, podOf } from '../../../src/providers/kubernetes/endpoint.js';
import { clusterEni } from '../../kubernetes/objects.js';
import { sampleEndpoint } from '../../model/samples.js';
import { enimErrorOf } from '../../model/thrown.js';

describe('the endpoint object of an attachment', () => {
  it('tells the whole endpoint again', () => {
    const endpoint = sampleEndpoint({ network: 'n', ifname: 'net1', owner: 'a/b.c', uid: 'u' });
    const object = create(endpoint, 'b.c-12345678', 'node-1', clusterEni(1));
    expect(holderOf(object)).toEqual(endpoint);
    expect(isOf(object, endpoint)).toBe(true);
    for (const other of [{ network: 'm' }, { ifname: 'eth0' }, { containerID: 'c2' }, { owner: 'a/d' }])
      expect(isOf(object, { ...endpoint, ...other })).toBe(false);
  });

  it('of another agent is held by hand, for nobody but a human knows what it is', () => {
    const metadata = { namespace: 'a', name: 'b', uid: 'u' };
    const holder = { owner: 'a/b', network: 'by-hand', ifname: '-', uid: null };
    expect(holderOf({ metadata })).toEqual({ ...holder, containerID: 'u' });
    const spec = { 'external-identifiers': { 'container-id': 'c1' } };
    expect(holderOf({ metadata, spec })).toEqual({ ...holder, containerID: 'c1' });
  });

  it('has the pod’s name, or one that fits into a name of Kubernetes and is another for each attachment', () => {
    const endpoint = sampleEndpoint({ owner: `default/${'a'.repeat(240)}.${'b'.repeat(12)}` });
    expect(nameOf(endpoint, 0)).toBe(endpoint.owner.slice('default/'.length));
    const names = [1, 2].flatMap((attempt) => [
      nameOf(endpoint, attempt),
      nameOf({ ...endpoint, containerID: 'c2' }, attempt),
    ]);
    expect(new Set(names).size).toBe(4);
    for (const name of names) {
      expect(name.length).toBeLessThanOrEqual(253);
      expect(podOf({ ...endpoint, owner: `default/${name}` }).name).toBe(name);
    }
  });

  it.each(['a/b/c', '', 'a', '/b', 'a/', 'A/b', 'a/B', 'a/b_c', 'a.b/c', `a/${'b'.repeat(254)}`, 'a/b..c', 'a/../b'])(
    'cannot be made for the owner %j',
    async (owner) => {
      expect((await enimErrorOf(async () => podOf(sampleEndpoint({ owner })))).code).toBe('INVALID_ARGUMENT');
    },
  );
});
