/** What an ENI object wants of the node, and the object as it is written back once its NIC is ready. Pure. */
import { parseIP } from '../../model/address.js';
import type { ReadyNic, SyncAddress, SyncEni, Written } from '../../model/sync.js';
import { append, FREE } from './changelog.js';
import { isHeld, isOfRdma, toEni } from './eni.js';
import type { Subnets } from './subnet.js';
import type { EniObject, WireAddress } from './wire.js';

const OFFSET = 127;

/** The states of the node's side in which the node makes it ready; the others are a pod's, or somebody else's. */
const BEFORE_READY: readonly string[] = ['Pending', 'Created', 'ReadyInVPC'];

/** What is wanted of the node. */
export function wanted(object: EniObject, subnets: Subnets): SyncEni {
  const { metadata, spec, status = {} } = object;
  const { eni, fault = `its MAC is ${JSON.stringify(spec.macAddress ?? '')}` } = toEni(object, subnets) ?? {};
  const mode = spec.useMode === 'Secondary' || spec.useMode === 'PrimaryWithSecondaryIP' ? spec.useMode : 'Primary';
  const own = [eni?.ipv4, eni?.ipv6].flatMap((each) => each ?? []);
  return {
    ...{ id: metadata.name, mac: eni?.mac ?? '', mode, routeTableOffset: spec.routeTableOffset ?? OFFSET },
    index: indexOf(status),
    addresses: [...(spec.privateIPSet ?? []), ...(spec.ipv6PrivateIPSet ?? [])].flatMap((entry) =>
      addressOf(
        entry,
        own.map(({ address }) => address),
      ),
    ),
    gateways: own.flatMap(({ gateway }) => gateway ?? []),
    installSourceBasedRouting: spec.installSourceBasedRouting === true,
    excluded: exclusionOf(object),
    // What only the addresses lack does not keep a NIC from its name.
    fault: eni === undefined || mode === 'Secondary' ? asClause(fault) : null,
  };
}

function addressOf({ privateIPAddress, primary, publicIPAddress }: WireAddress, own: readonly string[]): SyncAddress[] {
  const ip = parseIP(privateIPAddress ?? '');
  if (ip === undefined) return [];
  const isPrimary = primary === true;
  const address =
    own.find((each) => each.startsWith(`${ip.address}/`)) ?? `${ip.address}/${ip.family === 4 ? 32 : 128}`;
  return [{ address, isPrimary, publicIP: parseIP(publicIPAddress ?? '')?.address ?? null }];
}

/** 0 is also what others write who have nothing to say; then the name tells whether it is meant. */
function indexOf({ index, interfaceName }: NonNullable<EniObject['status']>): number | null {
  if (typeof index !== 'number') return null;
  return index > 0 || interfaceName === 'cce-eni-0' ? index : null;
}

/** Why the node may do nothing for it now. */
function exclusionOf(object: EniObject): string | null {
  const { metadata, spec, status = {} } = object;
  const { useMode = '' } = spec;
  if (metadata.deletionTimestamp !== undefined) return 'it is being deleted';
  if (isOfRdma(object)) return `its type is ${spec.type}`;
  if (useMode === 'PrimaryWithSecondaryIP') return 'it is the main NIC of the node';
  if (useMode !== 'Primary' && useMode !== 'Secondary') return `its useMode is ${JSON.stringify(useMode)}`;
  const { name, namespace } = status.endpointReference ?? {};
  if (isHeld(object)) return name ? `${namespace}/${name} has it` : 'a pod has it';
  if (status.VPCStatus !== 'inuse') return `its VPCStatus is ${status.VPCStatus ?? 'none'}, not inuse`;
  const state = status.CCEStatus ?? '';
  return state === '' || state === FREE || BEFORE_READY.includes(state) ? null : `its CCEStatus is ${state}`;
}

/** The object of an ENI whose NIC is ready, and what differs in it; undefined where the node may do nothing for it. */
export function readied(
  object: EniObject,
  { index, name, ifindex }: ReadyNic,
  now: Date,
): { readonly object: EniObject; readonly written: readonly Written[] } | undefined {
  if (exclusionOf(object) !== null) return undefined;
  const { spec, status = {} } = object;
  const fields = {
    ...{ CCEStatus: FREE, index, interfaceIndex: ifindex, interfaceName: name },
    ...(status.gatewayIPv4 ? {} : gateway('gatewayIPv4', spec.privateIPSet)),
    ...(status.gatewayIPv6 ? {} : gateway('gatewayIPv6', spec.ipv6PrivateIPSet)),
  };
  const before: Readonly<Record<string, unknown>> = status;
  const written = Object.entries(fields).flatMap(([what, to]): Written[] => {
    const from = before[what] ?? null;
    if (from === to) return [];
    return [{ what, from: from === null || typeof from === 'number' ? from : String(from), to }];
  });
  if (written.length === 0) return { object, written };
  const change = { code: 'ok', message: `ready as ${name}`, time: now.toISOString(), CCEStatus: FREE };
  const log = status.CCEStatus === FREE ? {} : { CCEStatusChangeLog: append(status.CCEStatusChangeLog, change) };
  return { object: { ...object, status: { ...status, ...fields, ...log } }, written };
}

/** The gateway that the primary address names; one that is only guessed is not passed on to others as if it were known. */
function gateway(field: 'gatewayIPv4' | 'gatewayIPv6', set: readonly WireAddress[] | null | undefined) {
  const said = parseIP(set?.find(({ primary }) => primary === true)?.gatewayIP ?? '');
  return said === undefined ? {} : { [field]: said.address };
}

function asClause(sentence: string | null): string | null {
  return sentence?.replace(/\.$/, '') ?? null;
}
