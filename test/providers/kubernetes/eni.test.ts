import { describe, expect, it } from '@jest/globals';
import { freed, given, isFree, isHeld, isShared, subnetsOf, toEni } from '../../../src/providers/kubernetes/eni.js';
import type { Subnets } from '../../../src/providers/kubernetes/subnet.js';
import type { EniObject } from '../../../src/providers/kubernetes/wire.js';
import { clusterEni, type EniFields, eniObject } from '../../kubernetes/objects.js';
import { sampleEndpoint, sampleEni } from '../../model/samples.js';

const SUBNETS: Subnets = new Map([
  ['sbn-1', { ipv4: '10.1.0.0/24', ipv6: 'fd00:1::/64' }],
  ['sbn-2', { ipv4: '10.2.0.0/16', ipv6: null }],
]);

const object = (fields?: EniFields): EniObject => eniObject(clusterEni(1), fields) as EniObject;
const read = (fields?: EniFields, eni = clusterEni(1)) => toEni(eniObject(eni, fields) as EniObject, SUBNETS);
const v6 = { address: 'fd00:1::11/64', gateway: 'fd00:1::9' };

describe('an ENI of a cluster', () => {
  it('is free when it is ready on the node, whole, and nobody’s', () => {
    expect([isFree(object()), isHeld(object())]).toEqual([true, false]);
  });

  it.each([
    ['shared by pods', { spec: { useMode: 'Secondary' } }],
    ['the node’s main one', { spec: { useMode: 'PrimaryWithSecondaryIP' } }],
    ['without a mode', { spec: { useMode: undefined } }],
    ['for RDMA over Ethernet', { spec: { type: 'rdma_roce' } }],
    ['for elastic RDMA', { spec: { type: 'elastic_rdma' } }],
    ['being attached by the cloud', { status: { VPCStatus: 'attaching' } }],
    ['being detached by the cloud', { status: { VPCStatus: 'detaching' } }],
    ['not yet ready on the node', { status: { CCEStatus: 'Pending' } }],
    ['being deleted', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }],
    ['without a status', { status: { CCEStatus: undefined, VPCStatus: undefined } }],
  ] as const)('is neither free nor held when it is %s', (_, fields) => {
    expect([isFree(object(fields)), isHeld(object(fields))]).toEqual([false, false]);
  });

  it.each([
    ['names an endpoint', { status: { endpointReference: { namespace: 'a', name: 'b', uid: 'c' } } }],
    ['is in use, although it names nobody', { status: { CCEStatus: 'UsingInPod' } }],
    [
      'names an endpoint, but is being deleted',
      {
        metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
        status: { endpointReference: { namespace: 'a', name: 'b', uid: 'c' }, VPCStatus: 'detaching' },
      },
    ],
  ] as const)('is held when it %s', (_, fields) => {
    expect([isFree(object(fields)), isHeld(object(fields))]).toEqual([false, true]);
  });

  it('is shared in Secondary mode, whatever the node has said of it, as long as the cloud has attached it', () => {
    const secondary = (fields: EniFields = {}) => object({ ...fields, spec: { useMode: 'Secondary', ...fields.spec } });
    for (const CCEStatus of ['Pending', 'ReadyOnNode'])
      expect(isShared(secondary({ status: { CCEStatus } }))).toBe(true);
    expect(
      [object(), secondary({ status: { VPCStatus: 'detaching' } }), secondary({ spec: { type: 'rdma_roce' } })].map(
        isShared,
      ),
    ).toEqual([...[false, false, false]]);
    expect(isShared(secondary({ status: { endpointReference: { namespace: 'a', name: 'b', uid: 'c' } } }))).toBe(false);
  });

  it('that names an endpoint without name and UID is nobody’s', () => {
    expect(isFree(object({ status: { endpointReference: { namespace: '', name: '', uid: '' } } }))).toBe(true);
  });

  describe('has', () => {
    it('its MAC in small letters, and its name at home', () => {
      const { eni } = read({ spec: { macAddress: '02-E0-AA-BB-CC-DD' }, status: { interfaceName: 'cce-eni-3' } }) ?? {};
      expect(eni).toMatchObject({ mac: '02:e0:aa:bb:cc:dd', ifname: 'cce-eni-3' });
    });

    it('no name at home that the kernel would refuse', () => {
      expect(read({ status: { interfaceName: 'far too long for the kernel' } })?.eni.ifname).toBeNull();
    });

    it('the primary address of each family, each with the length of its own subnet (dual stack)', () => {
      expect(read({}, { ...clusterEni(1), ipv6: v6 })).toEqual({ eni: { ...clusterEni(1), ipv6: v6 }, fault: null });
    });

    it('an address of IPv6 alone', () => {
      const eni = sampleEni(1, { ipv6: v6 });
      expect(read({}, eni)).toEqual({ eni, fault: null });
    });

    it.each([
      ['of its status', { gatewayIPv4: '10.1.0.7' }, '10.1.0.8', '10.1.0.7'],
      ['of the address, where its status has none', { gatewayIPv4: undefined }, '10.1.0.8', '10.1.0.8'],
      [
        'of the address, where that of its status is of the other family',
        { gatewayIPv4: 'fd00::1' },
        '10.1.0.8',
        '10.1.0.8',
      ],
      ['that is first in the subnet, where nobody names one', { gatewayIPv4: '' }, '', '10.1.0.1'],
    ])('the gateway %s', (_, status, gatewayIP, gateway) => {
      const privateIPSet = [{ privateIPAddress: '10.1.0.11', primary: true, gatewayIP }];
      expect(read({ spec: { privateIPSet }, status })?.eni.ipv4).toEqual({ address: '10.1.0.11/24', gateway });
    });

    it('a gateway of IPv6 that is first in the subnet of IPv6', () => {
      const { eni } = read({ status: { gatewayIPv6: undefined } }, sampleEni(1, { ipv6: v6 })) ?? {};
      expect(eni?.ipv6).toEqual({ address: 'fd00:1::11/64', gateway: 'fd00:1::1' });
    });

    it('no gateway where it is the first of the subnet itself', () => {
      const privateIPSet = [{ privateIPAddress: '10.1.0.1', primary: true }];
      expect(read({ spec: { privateIPSet }, status: { gatewayIPv4: '' } })?.eni.ipv4?.gateway).toBeNull();
    });

    it('the length of the subnet that the address names, before that of the ENI', () => {
      const privateIPSet = [{ privateIPAddress: '10.2.3.4', primary: true, subnetID: 'sbn-2' }];
      const fields = { spec: { privateIPSet }, status: { gatewayIPv4: '' } };
      expect(read(fields)?.eni.ipv4).toEqual({ address: '10.2.3.4/16', gateway: '10.2.0.1' });
      expect(subnetsOf(object(fields))).toEqual([{ subnet: 'sbn-2', address: '10.2.3.4' }]);
    });
  });

  describe('cannot be given to a pod', () => {
    it.each([
      ['without its subnet', { spec: { subnetID: 'sbn-9' } }, 'The subnet sbn-9 of ENI eni-1 is not in the cluster.'],
      ['without a primary address', { spec: { privateIPSet: [] } }, 'ENI eni-1 has no primary address.'],
      [
        'with an address that is none',
        { spec: { privateIPSet: [{ privateIPAddress: '10.1.0', primary: true }] } },
        'ENI eni-1 has the IPv4 address "10.1.0".',
      ],
      [
        'with an address outside its subnet',
        { spec: { privateIPSet: [{ privateIPAddress: '10.9.0.1', primary: true }] } },
        'The subnet sbn-1 has the IPv4 CIDR 10.1.0.0/24, in which 10.9.0.1 of ENI eni-1 is not.',
      ],
      [
        'with an address of IPv6 in a subnet that has none',
        {
          spec: {
            privateIPSet: [],
            ipv6PrivateIPSet: [{ privateIPAddress: 'fd00::1', primary: true, subnetID: 'sbn-2' }],
          },
        },
        'The subnet sbn-2 has the IPv6 CIDR "", in which fd00::1 of ENI eni-1 is not.',
      ],
    ])('%s', (_, fields, fault) => {
      expect(read(fields)?.fault).toBe(fault);
    });

    it('without a MAC at all', () => {
      expect(read({ spec: { macAddress: '' } })).toBeUndefined();
    });
  });

  describe('is written back', () => {
    const now = new Date('2026-01-01T00:00:00Z');
    const reference = { namespace: 'default', name: 'web-0', uid: 'u' };

    it('with reference, state and log, and with all else as it was', () => {
      const before = object({ spec: { theirs: 1 }, status: { theirs: [2] } });
      const after = freed(given(before, reference, sampleEndpoint(), now), sampleEndpoint(), now);
      const strip = ({ status: { CCEStatusChangeLog, ...status } = {}, ...rest }: EniObject) => ({ ...rest, status });
      expect(strip(after)).toEqual(strip(before));
      expect(after.status?.CCEStatusChangeLog?.map(({ CCEStatus }) => CCEStatus)).toEqual([
        'ReadyOnNode',
        'UsingInPod',
        'ReadyOnNode',
      ]);
    });

    it('with another reference alone where it was in use already', () => {
      const first = given(object(), { ...reference, uid: 'old' }, sampleEndpoint(), now);
      const second = given(first, reference, sampleEndpoint(), new Date());
      expect(second).toEqual({ ...first, status: { ...first.status, endpointReference: reference } });
    });
  });
});
