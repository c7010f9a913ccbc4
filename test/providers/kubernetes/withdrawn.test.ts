import { describe, expect, it } from '@jest/globals';
import { messageFor } from '../../../src/providers/kubernetes/changelog.js';
import { create } from '../../../src/providers/kubernetes/endpoint.js';
import type { EndpointObject, EniObject, Metadata } from '../../../src/providers/kubernetes/wire.js';
import { suspects } from '../../../src/providers/kubernetes/withdrawn.js';
import { clusterEni, eniObject } from '../../kubernetes/objects.js';
import { sampleEndpoint } from '../../model/samples.js';

const WEB = sampleEndpoint({ uid: 'pod-1' });
const NOW = new Date('2026-01-01T00:01:00Z');
const ago = (seconds: number): string => new Date(NOW.getTime() - seconds * 1_000).toISOString();

const object = (metadata: Partial<Metadata>): EndpointObject => {
  const made = create(WEB, 'web-0', 'node-1', clusterEni(1));
  return { ...made, metadata: { ...made.metadata, uid: 'e-1', creationTimestamp: ago(60), ...metadata } };
};
const held = (since: number, uid = 'e-1'): EniObject =>
  eniObject(clusterEni(1), {
    status: {
      CCEStatus: 'UsingInPod',
      endpointReference: { namespace: 'default', name: 'web-0', uid },
      CCEStatusChangeLog: [{ code: 'ok', CCEStatus: 'UsingInPod', time: ago(since), message: messageFor(WEB) }],
    },
  }) as EniObject;
const free = eniObject(clusterEni(1)) as EniObject;
const see = (enis: readonly EniObject[], endpoints: readonly EndpointObject[]) =>
  suspects({ enis, endpoints, subnets: new Map() }, NOW).map(({ eni, endpoint }) => [eni, endpoint.containerID]);

describe('an endpoint is given up', () => {
  it('if it was deleted more than 2 s ago, with an ENI or without', () => {
    for (const [seconds, isGivenUp] of [
      [1, false],
      [3, true],
    ] as const) {
      const endpoint = object({ deletionTimestamp: ago(seconds) });
      expect(see([held(40)], [endpoint])).toEqual(isGivenUp ? [['eni-1', 'c1']] : []);
      expect(see([free], [endpoint])).toEqual(isGivenUp ? [[null, 'c1']] : []);
    }
  });

  it('if an ENI was given to it more than 30 s ago and it is not there, or is another of its name', () => {
    expect([see([held(29)], []), see([held(31)], [])]).toEqual([[], [['eni-1', 'c1']]]);
    expect(see([held(31, 'e-0')], [object({})])).toEqual([['eni-1', 'c1']]);
  });

  it('if no ENI names it for 30 s', () => {
    expect(see([free], [object({ creationTimestamp: ago(29) })])).toEqual([]);
    expect(see([free], [object({ creationTimestamp: ago(31) })])).toEqual([[null, 'c1']]);
  });

  it('not if it has its ENI', () => {
    expect(see([held(40)], [object({})])).toEqual([]);
  });

  it('not if another object of its attachment has an ENI: a release would take that', () => {
    expect(see([held(40, 'e-2')], [object({}), object({ uid: 'e-2', name: 'web-0-1' })])).toEqual([]);
  });

  it('not if another agent made it and has not deleted it, nor if it stands for no whole ENI', () => {
    expect(see([free], [object({ annotations: {} })])).toEqual([]);
    expect(see([free], [{ ...object({ deletionTimestamp: ago(3) }), spec: {} }])).toEqual([]);
  });

  it('not once its finalizer is gone and only others keep it', () => {
    expect(see([free], [object({ deletionTimestamp: ago(3), finalizers: ['example.org/theirs'] })])).toEqual([]);
  });
});
