import { expect, it } from '@jest/globals';
import { view } from '../../../src/providers/kubernetes/view.js';
import type { EniObject } from '../../../src/providers/kubernetes/wire.js';
import { clusterEni, eniObject } from '../../kubernetes/objects.js';

it.each([
  ['names its endpoint alone, is held for that', { namespace: 'default', name: 'web-0', uid: 'e-1' }, 'default/web-0'],
  ['names an endpoint by its UID alone, is held for nobody known', { uid: 'e-1' }, 'unknown/e-1'],
  ['only says that it is used, is held for nobody known', null, 'unknown/eni-1'],
])('an ENI that %s', (_, endpointReference, owner) => {
  const status = { CCEStatus: 'UsingInPod', CCEStatusChangeLog: [], endpointReference };
  const enis = [eniObject(clusterEni(1), { status }) as EniObject];
  const [seen] = view({ enis, endpoints: [], subnets: new Map() });
  expect(seen?.provided.holder).toMatchObject({ owner, network: 'by-hand' });
});

it('an ENI is read once, however often it is looked at, until a subnet is another', () => {
  const enis = [eniObject(clusterEni(1)) as EniObject];
  const look = { enis, endpoints: [], subnets: new Map() };
  expect(view(look)).toBe(view(look));
  const [before] = view(look);
  const [again] = view({ ...look, endpoints: [] });
  expect(again?.provided.eni).toBe(before?.provided.eni);
  const [later] = view({ ...look, subnets: new Map([['sbn-1', { ipv4: '10.0.0.0/8', ipv6: 'fd00::/8' }]]) });
  expect(later?.provided.eni).not.toBe(before?.provided.eni);
});
