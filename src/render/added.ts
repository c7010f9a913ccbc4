/** What `enim add` tells a person. */
import type { EniView } from '../manager/list.js';
import { aligned } from './table.js';
import { visible } from './visible.js';

/** Who got what, and the addresses. */
export function renderAdded({ id, attachment, link, ipv4, ipv6 }: EniView, mac: string): string {
  const address = (family: string, each: EniView['ipv4']): string[][] =>
    each === null ? [] : [[`  ${family}`, each.address, each.gateway === null ? '' : `gateway ${each.gateway}`]];
  const rows = [...address('IPv4', ipv4), ...address('IPv6', ipv6), ['  MAC', mac, '']];
  const who = visible(`${attachment?.owner} has ${id} as ${link?.name} in ${link?.netns}`);
  return `${who}\n${aligned(rows, { width: null })}`;
}
