import { describe, expect, it } from '@jest/globals';
import { type Api, beginOperation } from '../../../src/providers/kubernetes/api.js';
import { messageFor } from '../../../src/providers/kubernetes/changelog.js';
import { create } from '../../../src/providers/kubernetes/endpoint.js';
import { listRecorded, recorded } from '../../../src/providers/kubernetes/recorded.js';
import type { ApiResponse } from '../../../src/providers/kubernetes/transport.js';
import type { EndpointObject, EniObject } from '../../../src/providers/kubernetes/wire.js';
import { clusterEni, type EniFields, eniObject } from '../../kubernetes/objects.js';
import { sampleEndpoint } from '../../model/samples.js';
import { enimErrorOf } from '../../model/thrown.js';

const WEB = sampleEndpoint({ uid: 'pod-1' });
const REFERENCE = { namespace: 'default', name: 'web-0', uid: 'e-1' };
const SINCE = '2026-01-01T00:00:00.000Z';
const LOG = [{ code: 'ok', CCEStatus: 'UsingInPod', time: SINCE, message: messageFor(WEB) }];
const made = create(WEB, 'web-0', 'node-1', clusterEni(1));
const endpoint: EndpointObject = { ...made, metadata: { ...made.metadata, uid: 'e-1' } };

const object = (fields: EniFields = {}, number = 1): EniObject => eniObject(clusterEni(number), fields) as EniObject;
const held = (fields: EniFields = {}): EniObject =>
  object({
    ...fields,
    status: { CCEStatus: 'UsingInPod', endpointReference: REFERENCE, CCEStatusChangeLog: LOG, ...fields.status },
  });
const one = (eni: EniObject, endpoints: readonly EndpointObject[] = []) => recorded([eni], endpoints)[0];

describe('an ENI of any node, by its object alone,', () => {
  it('is free, with its node, its MAC as the kernel writes it, and its own addresses', () => {
    expect(one(object())).toEqual({
      ...{ id: 'eni-1', node: 'node-1', mac: '02:e0:00:00:00:01', state: 'free', addresses: ['10.1.0.11'] },
      ...{ holder: null, since: null, note: null },
    });
  });

  it('is used by whom its endpoint says, or, where that is gone, its own log', () => {
    const used = { state: 'used', holder: WEB, since: SINCE, note: null };
    expect(one(held(), [endpoint])).toMatchObject(used);
    expect(one(held())).toMatchObject({ ...used, holder: { ...WEB, uid: null } });
  });

  it('is used by nobody’s namesake: another object of the name is another endpoint', () => {
    const successor = create({ ...WEB, containerID: 'c2' }, 'web-0', 'node-1', clusterEni(1));
    const other = { ...successor, metadata: { ...successor.metadata, uid: 'e-2' } };
    expect(one(held(), [other])?.holder?.containerID).toBe('c1');
  });

  it.each<[string, EniFields, string, string | null]>([
    ['the cloud’s word while it is not attached', { status: { VPCStatus: 'detaching' } }, 'detaching', null],
    ['the node’s word while it is not ready', { status: { CCEStatus: 'Pending' } }, 'Pending', null],
    [
      'that it is being deleted',
      { metadata: { name: 'eni-1', deletionTimestamp: SINCE, labels: {} } },
      'deleting',
      null,
    ],
    ['that pods share it', { spec: { useMode: 'Secondary' } }, 'ReadyOnNode', 'Secondary: pods share it'],
    ['that it is of RDMA', { spec: { type: 'elastic_rdma' } }, 'ReadyOnNode', 'RDMA (elastic_rdma), never a pod’s own'],
  ])('has as its state, or beside it, %s', (_, fields, state, note) => {
    expect(one(object(fields))).toMatchObject({ state, note, holder: null });
  });

  it('stays used while the cloud takes it away, and says so', () => {
    const taken = one(held({ status: { VPCStatus: 'detaching' } }), [endpoint]);
    expect(taken).toMatchObject({ state: 'used', note: 'VPC state detaching' });
  });

  it('stands with those of its node, by ID', () => {
    const enis = [object({}, 3), object({ spec: { nodeName: 'a-node' } }, 2), object({}, 1)];
    expect(recorded(enis, []).map(({ id }) => id)).toEqual(['eni-2', 'eni-1', 'eni-3']);
  });
});

describe('a list of all nodes', () => {
  const answer = (status: number, body: unknown): ApiResponse => ({
    status,
    retryAfter: null,
    body: JSON.stringify(body),
  });
  /** An API server with these ENIs, two a page, that forgets a list at these requests for ENIs. */
  const serving = (enis: readonly EniObject[], forgets: (number: number) => boolean) => {
    const asked: string[] = [];
    const begin = (): Api =>
      beginOperation({
        transport: {
          server: 'https://api',
          certificateEnd: null,
          async send({ path }) {
            const { pathname, searchParams } = new URL(path, 'https://api');
            if (!pathname.endsWith('/enis')) return answer(200, { items: [] });
            asked.push(path);
            expect(Number(searchParams.get('limit'))).toBeGreaterThan(0);
            const from = Number((searchParams.get('continue') ?? 'at=0').replace('at=', ''));
            if (from > 0 && forgets(asked.length)) return answer(410, { reason: 'Expired' });
            const next = from + 2 < enis.length ? `at=${from + 2}` : '';
            return answer(200, { items: enis.slice(from, from + 2), metadata: { continue: next } });
          },
        },
        patience: { total: 1_000, request: 1_000 },
        clock: () => new Date(),
        sleep: async () => undefined,
        reached: () => undefined,
      });
    return { asked, begin };
  };
  const five = [1, 2, 3, 4, 5].map((number) => object({}, number));
  const ids = ['eni-1', 'eni-2', 'eni-3', 'eni-4', 'eni-5'];

  it('is read page by page, to its end', async () => {
    const { asked, begin } = serving(five, () => false);
    expect((await listRecorded(begin, null)).map(({ id }) => id)).toEqual(ids);
    expect(asked).toHaveLength(3);
  });

  it('is begun anew where the server has forgotten it, and nothing comes twice', async () => {
    const { asked, begin } = serving(five, (number) => number === 3);
    expect((await listRecorded(begin, null)).map(({ id }) => id)).toEqual(ids);
    expect(asked).toHaveLength(6);
  });

  it('that the server always forgets ends with an error', async () => {
    const { begin } = serving(five, () => true);
    expect(await enimErrorOf(() => listRecorded(begin, null))).toMatchObject({
      code: 'API_FAILED',
      message: expect.stringContaining('enis 3 times'),
    });
  });
});
