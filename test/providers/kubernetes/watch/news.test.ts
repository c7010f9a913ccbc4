import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { concernsGc, concernsSync, givenUp, nextDue } from '../../../../src/providers/kubernetes/watch/news.js';
import type { EndpointObject, EniObject } from '../../../../src/providers/kubernetes/wire.js';
import { clusterEni, eniObject } from '../../../kubernetes/objects.js';

const eni = (status: object = {}, more: object = {}): EniObject =>
  eniObject(clusterEni(1), { status: { ...status }, ...more }) as unknown as EniObject;

const HELD = { CCEStatus: 'UsingInPod', endpointReference: { namespace: 'default', name: 'web-0', uid: 'u-1' } };

describe('a change of an ENI', () => {
  it.each<[string, EniObject | undefined, EniObject | undefined, gc: boolean, sync: boolean]>([
    ['is new', undefined, eni(), true, true],
    ['is gone', eni(), undefined, true, true],
    ['is given to a pod', eni(), eni(HELD), false, false],
    ['is freed', eni(HELD), eni(), true, true],
    ['is taken away by the cloud', eni(HELD), eni({ ...HELD, VPCStatus: 'detaching' }), true, false],
    ['is to be made ready', eni(), eni({ CCEStatus: 'Pending' }), false, true],
    ['has other addresses', eni(), eni({}, { spec: { privateIPSet: [] } }), false, true],
    ['is being deleted', eni(), eni({}, { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }), true, true],
    ['has only got a label', eni(), eni({}, { metadata: { labels: { a: 'b' } } }), false, false],
    ['has only got an entry in its log', eni(), eni({ CCEStatusChangeLog: [] }), false, false],
  ])('that %s concerns whom it should', (_, was, now, gc, sync) => {
    expect([concernsGc({ was, now }), concernsSync({ was, now })]).toEqual([gc, sync]);
  });
});

describe('when something is given up', () => {
  const now = new Date('2026-01-01T12:00:00Z');
  const at = (seconds: number): string => new Date(now.getTime() + seconds * 1_000).toISOString();
  const endpoint = (name: string, created: number, deleted: number | null): EndpointObject => ({
    metadata: {
      ...{ name, namespace: 'default', uid: name, creationTimestamp: at(created), finalizers: ['primary-eni'] },
      ...(deleted === null ? {} : { deletionTimestamp: at(deleted) }),
      annotations: { 'cce.baidubce.com/enim-network': 'n', 'cce.baidubce.com/enim-ifname': 'eth0' },
    },
    spec: { network: { ipAllocation: { type: 'PrimaryENI' } }, 'external-identifiers': { 'container-id': name } },
  });
  const look = (...endpoints: EndpointObject[]) => ({ enis: [], endpoints, subnets: new Map() });

  it.each([
    ['a deleted endpoint', look(endpoint('a', -10, 0)), 2_001],
    ['an unfinished endpoint', look(endpoint('a', -10, null)), 20_001],
    ['the next of several', look(endpoint('a', -10, null), endpoint('b', -5, -1), endpoint('c', -20, null)), 1_001],
    ['what is given up already', look(endpoint('a', -100, -50)), null],
    ['nothing', look(), null],
  ])('%s is told in time', (_, given, expected) => {
    expect(nextDue(given, now)).toBe(expected);
  });

  it('is neither later nor earlier than it is due, whatever there is', () => {
    const seconds = fc.integer({ min: -60, max: 60 });
    const some = fc.array(fc.tuple(seconds, fc.option(seconds)), { maxLength: 6 });
    fc.assert(
      fc.property(some, (times) => {
        const given = look(...times.map(([created, deleted], index) => endpoint(`e-${index}`, created, deleted)));
        const due = nextDue(given, now);
        const later = (milliseconds: number): Date => new Date(now.getTime() + milliseconds);
        if (due === null) {
          expect(givenUp(given, later(1e9))).toEqual(givenUp(given, now));
          return;
        }
        expect(due).toBeGreaterThan(0);
        expect(givenUp(given, later(due)).size).toBeGreaterThan(givenUp(given, now).size);
        expect(givenUp(given, later(due - 1))).toEqual(givenUp(given, now));
      }),
    );
  });
});
