import { expect, it } from '@jest/globals';
import { decideAgain, type Step } from '../../../src/providers/kubernetes/decide.js';
import { create } from '../../../src/providers/kubernetes/endpoint.js';
import type { Look } from '../../../src/providers/kubernetes/view.js';
import type { EniObject } from '../../../src/providers/kubernetes/wire.js';
import { clusterEni, eniObject } from '../../kubernetes/objects.js';
import { sampleEndpoint } from '../../model/samples.js';

const WEB = sampleEndpoint();
const IDS = ['eni-1', 'eni-2', 'eni-3', 'eni-4'];
const ENDPOINT = create(WEB, 'web-0', 'node-1', clusterEni(1));
const taken = { CCEStatus: 'UsingInPod', endpointReference: { namespace: 'default', name: 'web-9', uid: 'e-9' } };

/** What is seen where these ENIs are another's. */
function lookAt(others: readonly string[]): Look {
  const enis = IDS.map((id, index) =>
    eniObject(clusterEni(index + 1), others.includes(id) ? { status: taken } : {}),
  ) as readonly EniObject[];
  const metadata = { ...ENDPOINT.metadata, uid: 'e-1', creationTimestamp: '2026-01-01T00:00:00Z' };
  return {
    enis,
    endpoints: [{ ...ENDPOINT, metadata }],
    subnets: new Map([['sbn-1', { ipv4: '10.1.0.0/24', ipv6: null }]]),
  };
}

const chosenOf = (step: Step): string => (step.do === 'take' ? step.seen.provided.eni.id : step.do);
const choose = (others: readonly string[], lost: string | null, random: number): string =>
  chosenOf(decideAgain(lookAt(others), WEB, IDS, new Set(), lost, () => random));

it('goes for the best at first, and again where that was only written to', () => {
  expect(choose([], null, 0.9)).toBe('eni-1');
  expect(choose([], 'eni-1', 0.9)).toBe('eni-1');
});

it('goes for any once another one has got the best, or all who lost would meet at the next', () => {
  expect([0.3, 0.6, 0.9].map((random) => choose(['eni-1'], 'eni-1', random))).toEqual(['eni-2', 'eni-3', 'eni-4']);
});

it('goes for the best where the one that it hit upon is not to be had', () => {
  expect(choose(['eni-1', 'eni-4'], 'eni-1', 0.9)).toBe('eni-2');
  expect(choose(['eni-1', 'eni-2', 'eni-3'], 'eni-1', 0.3)).toBe('eni-4');
  expect(choose(IDS, 'eni-1', 0.3)).toBe('refuse');
});
