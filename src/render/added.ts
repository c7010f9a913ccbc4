/** What `enim add` tells a person. */
import type { EniView } from '../manager/list.js';

/** Who got what, and the addresses. */
export function renderAdded({ id, attachment, link, ipv4, ipv6 }: EniView, mac: string): string {
  const addresses = [ipv4, ipv6].flatMap((each, index) =>
    each === null
      ? []
      : [
          `  ${index === 0 ? 'IPv4' : 'IPv6'}  ${each.address}${each.gateway === null ? '' : `  gateway ${each.gateway}`}`,
        ],
  );
  return [`${attachment?.owner} has ${id} as ${link?.name} in ${link?.netns}`, ...addresses, `  MAC   ${mac}`].join(
    '\n',
  );
}
