import { describe, expect, it } from '@jest/globals';
import { readied, wanted } from '../../../src/providers/kubernetes/ready.js';
import type { Subnets } from '../../../src/providers/kubernetes/subnet.js';
import type { EniObject } from '../../../src/providers/kubernetes/wire.js';
import { clusterEni, type EniFields, eniObject } from '../../kubernetes/objects.js';
import { macOf, sampleEni } from '../../model/samples.js';

const SUBNETS: Subnets = new Map([['sbn-1', { ipv4: '10.1.0.0/24', ipv6: 'fd00:1::/64' }]]);
const NOW = new Date('2026-01-02T03:04:05.000Z');
const READY = { index: 3, name: 'cce-eni-3', ifindex: 7 };
const SECONDARY = { useMode: 'Secondary', routeTableOffset: 1000, installSourceBasedRouting: true };
const PENDING = { CCEStatus: 'Pending', CCEStatusChangeLog: undefined, index: undefined };

const object = ({ spec, status, metadata }: EniFields = {}): EniObject =>
  eniObject(clusterEni(1), {
    spec: { ...spec },
    status: { ...PENDING, ...status },
    ...(metadata ? { metadata } : {}),
  }) as EniObject;
const read = (fields?: EniFields) => wanted(object(fields), SUBNETS);
const write = (fields?: EniFields) => readied(object(fields), READY, NOW);

describe('what an ENI wants of the node', () => {
  it('is all that its object says, with the prefix length of its subnet', () => {
    const own = { privateIPAddress: '10.1.0.11', primary: true, publicIPAddress: '203.0.113.7' };
    const spec = { ...SECONDARY, privateIPSet: [{ privateIPAddress: '10.1.0.200' }, own] };
    expect(read({ spec, status: { index: 4 } })).toEqual({
      ...{ id: 'eni-1', mac: macOf(1), mode: 'Secondary', routeTableOffset: 1000, index: 4 },
      addresses: [
        { address: '10.1.0.200/32', isPrimary: false, publicIP: null },
        { address: '10.1.0.11/24', isPrimary: true, publicIP: '203.0.113.7' },
      ],
      ...{ gateways: ['10.1.0.1'], installSourceBasedRouting: true, excluded: null, fault: null },
    });
  });

  it('is the same for IPv6', () => {
    const eni = sampleEni(1, { ipv6: { address: 'fd00:1::11/64', gateway: 'fd00:1::9' } });
    const { addresses, gateways } = wanted(eniObject(eni, { spec: { privateIPSet: null } }) as EniObject, SUBNETS);
    expect(addresses).toEqual([{ address: 'fd00:1::11/64', isPrimary: true, publicIP: null }]);
    expect(gateways).toEqual(['fd00:1::9']);
  });

  it('has no number where the object has none, and the usual offset where it names none', () => {
    expect(read({ spec: { routeTableOffset: undefined } })).toMatchObject({ index: null, routeTableOffset: 127 });
  });

  it('has the number 0 only if its NIC is named so: others write it who have nothing to say', () => {
    expect(read({ status: { index: 0 } }).index).toBeNull();
    expect(read({ status: { index: 0, interfaceName: 'cce-eni-0' } }).index).toBe(0);
  });

  it.each<[string, EniFields, string]>([
    ['it is being deleted', { metadata: { deletionTimestamp: 'now' } }, 'it is being deleted'],
    ['it is for RDMA', { spec: { type: 'rdma_roce' } }, 'its type is rdma_roce'],
    ['it is the main one', { spec: { useMode: 'PrimaryWithSecondaryIP' } }, 'it is the main NIC of the node'],
    ['its mode is unheard of', { spec: { useMode: 'Other' } }, 'its useMode is "Other"'],
    ['an endpoint has it', { status: { endpointReference: { namespace: 'a', name: 'b', uid: 'c' } } }, 'a/b has it'],
    ['a pod has it', { status: { CCEStatus: 'UsingInPod' } }, 'a pod has it'],
    [
      'a pod has it, although it is shared',
      { spec: SECONDARY, status: { CCEStatus: 'UsingInPod' } },
      'its CCEStatus is UsingInPod',
    ],
    ['the cloud has not attached it', { status: { VPCStatus: undefined } }, 'its VPCStatus is none, not inuse'],
    ['its state is somebody else’s', { status: { CCEStatus: 'Failed' } }, 'its CCEStatus is Failed'],
  ])('is nothing where %s, and nothing is written', (_, fields, excluded) => {
    expect(read(fields).excluded).toBe(excluded);
    expect(write(fields)).toBeUndefined();
  });

  it.each([undefined, '', 'Pending', 'Created', 'ReadyInVPC', 'ReadyOnNode'])(
    'is something in state %p',
    (CCEStatus) => {
      expect(read({ status: { CCEStatus } }).excluded).toBeNull();
    },
  );

  it('cannot be told without a MAC, and in Secondary mode not without its subnet', () => {
    expect(read({ spec: { macAddress: '' } }).fault).toBe('its MAC is ""');
    const lost = 'The subnet sbn-lost of ENI eni-1 is not in the cluster';
    expect(read({ spec: { ...SECONDARY, subnetID: 'sbn-lost' } }).fault).toBe(lost);
    expect(read({ spec: { subnetID: 'sbn-lost' } }).fault).toBeNull();
  });
});

describe('what is written of an ENI that is ready', () => {
  it('is its NIC and its state, with an entry in its log; what is not ours stays', () => {
    const log = Array.from({ length: 20 }, (_, at) => ({ code: 'ok', time: `${at}`, CCEStatus: 'Pending' }));
    const fields = { status: { CCEStatusChangeLog: log, futureField: { a: 1 } } };
    const { object: now, written } = write(fields) ?? {};
    expect(now).toEqual({
      ...object(fields),
      status: {
        ...object(fields).status,
        ...{ CCEStatus: 'ReadyOnNode', index: 3, interfaceName: 'cce-eni-3', interfaceIndex: 7 },
        CCEStatusChangeLog: [
          ...log.slice(1),
          { code: 'ok', message: 'ready as cce-eni-3', time: NOW.toISOString(), CCEStatus: 'ReadyOnNode' },
        ],
      },
    });
    expect(written).toEqual([
      { what: 'CCEStatus', from: 'Pending', to: 'ReadyOnNode' },
      { what: 'index', from: null, to: 3 },
      { what: 'interfaceIndex', from: null, to: 7 },
      { what: 'interfaceName', from: null, to: 'cce-eni-3' },
    ]);
  });

  it('is nothing the second time, and no entry where only the NIC’s index has changed', () => {
    const now = write()?.object as EniObject;
    expect(readied(now, READY, NOW)).toEqual({ object: now, written: [] });
    const moved = readied(now, { ...READY, ifindex: 9 }, NOW);
    expect(moved?.written).toEqual([{ what: 'interfaceIndex', from: 7, to: 9 }]);
    expect(moved?.object.status?.CCEStatusChangeLog).toEqual(now.status?.CCEStatusChangeLog);
  });

  it('is a gateway only where none is there, and its address names one', () => {
    const named = [{ privateIPAddress: '10.1.0.11', primary: true, gatewayIP: '10.1.0.254' }];
    const gatewayOf = (fields: EniFields): unknown => write(fields)?.object.status?.gatewayIPv4;
    expect(gatewayOf({ spec: { privateIPSet: named } })).toBe('10.1.0.1');
    expect(gatewayOf({ spec: { privateIPSet: named }, status: { gatewayIPv4: undefined } })).toBe('10.1.0.254');
    expect(gatewayOf({ status: { gatewayIPv4: undefined } })).toBeUndefined();
  });
});
