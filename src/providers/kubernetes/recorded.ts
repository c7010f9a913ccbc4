/** The ENIs of any node or of all, as their objects alone tell: also those that no pod can have, each with what keeps it from one. */
import { parseIP, parseMac } from '../../model/address.js';
import { EnimError } from '../../model/errors.js';
import type { RecordedEni } from '../provider.js';
import type { Api, Page } from './api.js';
import { FREE, usedSince } from './changelog.js';
import { isFree, isHeld, isOfRdma, referenceOf } from './eni.js';
import { whoHolds } from './view.js';
import type { EndpointObject, EniObject, WireAddress } from './wire.js';

/** How often a list is begun anew that the server forgot while it was read. */
const ATTEMPTS = 3;

/**
 * Asks for those of a node, or page by page for those of all.
 *
 * @param begin begins an operation; each page has the time of one
 */
export async function listRecorded(begin: () => Api, node: string | null): Promise<readonly RecordedEni[]> {
  if (node !== null) {
    const api = begin();
    return recorded(...(await Promise.all([api.listEnis(node), api.listEndpoints(node)])));
  }
  return recorded(
    ...(await Promise.all([
      listAll('enis', (from) => begin().pageOf<EniObject>('enis', from)),
      listAll('cceendpoints', (from) => begin().pageOf<EndpointObject>('cceendpoints', from)),
    ])),
  );
}

async function listAll<T>(
  resource: string,
  turnTo: (from: string | null) => Promise<Page<T> | 'expired'>,
): Promise<readonly T[]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const items: T[] = [];
    let page = await turnTo(null);
    while (page !== 'expired') {
      items.push(...page.items);
      if (page.next === null) return items;
      page = await turnTo(page.next);
    }
  }
  throw new EnimError('API_FAILED', `The API server forgot the list of ${resource} ${ATTEMPTS} times before its end.`, {
    hint: 'try again, or ask for one node: enim list --node NAME',
  });
}

/** What the objects say, by node and ID. Pure. */
export function recorded(enis: readonly EniObject[], endpoints: readonly EndpointObject[]): readonly RecordedEni[] {
  const byUid = new Map(endpoints.map((each) => [each.metadata.uid, each]));
  const byName = new Map(endpoints.map((each) => [`${each.metadata.namespace}/${each.metadata.name}`, each]));
  return enis
    .map((object): RecordedEni => {
      const { metadata, spec, status = {} } = object;
      const reference = referenceOf(status);
      const endpoint = reference?.uid
        ? byUid.get(reference.uid)
        : byName.get(`${reference?.namespace}/${reference?.name}`);
      const isUsed = isHeld(object);
      return {
        ...{ id: metadata.name, node: spec.nodeName ?? '', mac: parseMac(spec.macAddress ?? '') ?? '' },
        state: isUsed ? 'used' : isFree(object) ? 'free' : wordOf(object),
        addresses: [spec.privateIPSet, spec.ipv6PrivateIPSet].flatMap(primaryOf),
        holder: isUsed ? whoHolds(object, endpoint) : null,
        since: isUsed ? usedSince(status.CCEStatusChangeLog) : null,
        note: noteOf(object),
      };
    })
    .sort((a, b) => compare(a.node, b.node) || compare(a.id, b.id));
}

/** What the cloud calls it as long as it is not attached, then what the node does. */
function wordOf({ metadata, status = {} }: EniObject): string {
  if (metadata.deletionTimestamp !== undefined) return 'deleting';
  return status.VPCStatus === 'inuse' ? status.CCEStatus || 'Pending' : status.VPCStatus || 'none';
}

function noteOf(object: EniObject): string | null {
  const { metadata, spec, status = {} } = object;
  const notes = [
    ...(isOfRdma(object) ? [`RDMA (${spec.type}), never a pod’s own`] : []),
    ...(spec.useMode === 'Primary' ? [] : [`${spec.useMode}: pods share it`]),
    ...(isHeld(object) && metadata.deletionTimestamp !== undefined ? ['it is being deleted'] : []),
    ...(isHeld(object) && status.VPCStatus !== 'inuse' ? [`VPC state ${status.VPCStatus || 'none'}`] : []),
    ...(referenceOf(status) !== null && status.CCEStatus === FREE ? [`CCE state ${FREE}`] : []),
  ];
  return notes.length === 0 ? null : notes.join('; ');
}

function primaryOf(set: readonly WireAddress[] | null | undefined): string[] {
  const primary = set?.find((each) => each.primary === true);
  const ip = parseIP(primary?.privateIPAddress ?? '');
  return ip === undefined ? [] : [ip.address];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
