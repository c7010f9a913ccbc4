/**
 * A card that the host-device plugin has moved into a pod before enim took its place in the network configuration: the DEL, which comes to
 * us, brings it home all the same, and adopt records it. That plugin leaves it the name that it had at home as its alias.
 */
import type { Attachment, Endpoint, NetnsRef } from '../model/attachment.js';
import type { DeviceSelector } from '../model/device.js';
import { toEni } from '../model/discover.js';
import type { Eni } from '../model/eni.js';
import { parseLabel } from '../model/label.js';
import type { Link } from '../model/link.js';
import { ifnameFault } from '../model/names.js';
import type { Away } from './locate.js';
import type { Parts } from './parts.js';
import { rebuild } from './rebuild.js';

/** Of a call: the device that its network configuration names, and for which attachment. */
export interface Named {
  readonly device: DeviceSelector;
  readonly endpoint: Endpoint;
}

/**
 * A record for the device that is named, where it is in the netns under the attachment's ifname, and not ours. Virtual devices do not
 * count: a pod can make one and call it as it likes.
 */
export async function inheritedFrom(
  parts: Parts,
  { device, endpoint }: Named,
  netns: NetnsRef,
  links: readonly Link[],
): Promise<Attachment | undefined> {
  const link = links.find(({ name, kind }) => name === endpoint.ifname && kind === null);
  if (link === undefined || parseLabel(link.alias) !== undefined) return undefined;
  if (!(await parts.links.isDevice(device, link))) return undefined;
  return rebuildInherited(parts, toEni({ link, driver: null, refusals: [] }), endpoint, { at: 'netns', netns, link });
}

/** The same where it is known already which ENI it is, and that host-device has moved it. */
export function rebuildInherited(parts: Parts, eni: Eni, endpoint: Endpoint, where: Away): Attachment {
  const { alias } = where.link;
  const home = alias !== null && ifnameFault(alias) === undefined ? alias : null;
  const record = rebuild(parts, { ...eni, ifname: eni.ifname ?? home }, endpoint, where);
  return { ...record, eni, snapshot: home === null ? record.snapshot : { ...record.snapshot, alias: null } };
}
