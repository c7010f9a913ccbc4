/** Whether an attachment still is what its add answered. Looks only. */
import { type AttachmentKey, sameKey } from '../model/attachment.js';
import type { EniRoute } from '../model/eni.js';
import type { Link, LinkRoute } from '../model/link.js';
import { identify, identityOfAttachment } from './identify.js';
import type { Parts } from './parts.js';

/** What the caller was told, and relies on. */
export interface Expectation {
  /** Path, name or PID. */
  readonly netns: string;
  /** Null where it was told none. */
  readonly mac: string | null;
  readonly mtu: number | null;
  /** With prefix lengths. */
  readonly addresses: readonly string[];
  /** Those of other plugins among them do not count: they may have been changed by whoever made them. */
  readonly routes: readonly EniRoute[];
}

/** Everything that differs, as clauses such as "10.0.0.10/24 is not on it"; none means that all is as it was. */
export async function check(parts: Parts, key: AttachmentKey, expected: Expectation): Promise<readonly string[]> {
  const attachment = await parts.store.find(key);
  if (attachment === undefined) return [`nothing is recorded of ${key.ifname} of container ${key.containerID}`];
  const { eni, netns } = attachment;
  const differences: string[] = [];
  if (attachment.phase !== 'attached') differences.push(`its record is in phase "${attachment.phase}"`);
  const holder = (await parts.provider.list()).find((provided) => provided.eni.id === eni.id)?.holder ?? null;
  if (holder === null) differences.push(`the provider has ENI ${eni.id} for free`);
  else if (!sameKey(holder, key)) differences.push(`the provider has ENI ${eni.id} for ${holder.owner}`);
  const there = await parts.netns.find(parts.netns.pathOf(expected.netns));
  if (there === undefined) return [...differences, `the netns ${expected.netns} is gone`];
  if (there.inode !== netns.inode) differences.push(`the netns ${expected.netns} is not the one that was recorded`);
  const [link] = identify((await parts.links.lookInto(there)) ?? [], identityOfAttachment(attachment, parts.bootID));
  if (link === undefined) return [...differences, `the NIC of ENI ${eni.id} (MAC ${eni.mac}) is not in ${there.path}`];
  const routes = link.up ? await parts.links.routesInto(there, link.name) : [];
  const own = expected.routes.filter((route) => attachment.setup.routes.some(({ dst }) => dst === route.dst));
  return [...differences, ...linkDifferences(link, routes, key.ifname, { ...expected, routes: own })];
}

function linkDifferences(
  link: Link,
  routes: readonly LinkRoute[],
  ifname: string,
  expected: Expectation,
): readonly string[] {
  const { mac, mtu, addresses } = expected;
  const present = link.addresses.map(({ address }) => address);
  return [
    ...(link.name === ifname ? [] : [`the NIC is named ${link.name}, not ${ifname}`]),
    ...(link.up ? [] : [`${link.name} is down`]),
    ...(mac === null || link.mac === mac ? [] : [`the MAC of ${link.name} is ${link.mac}, not ${mac}`]),
    ...(mtu === null || link.mtu === mtu ? [] : [`the MTU of ${link.name} is ${link.mtu}, not ${mtu}`]),
    ...addresses.filter((each) => !present.includes(each)).map((each) => `${each} is not on ${link.name}`),
    ...expected.routes
      .filter((route) => !routes.some((each) => isRoute(each, route)))
      .map(({ dst, gw }) => `there is no route to ${dst}${gw === undefined ? '' : ` via ${gw}`} through ${link.name}`),
  ];
}

/** `ip` writes a default route as `default`, and a host route without its prefix length. */
function isRoute(seen: LinkRoute, { dst, gw }: EniRoute): boolean {
  const family = dst.includes(':') ? 6 : 4;
  const written =
    dst === '0.0.0.0/0' || dst === '::/0' ? 'default' : dst.replace(family === 4 ? /\/32$/ : /\/128$/, '');
  return seen.family === family && seen.dst === written && (gw === undefined || seen.gateway === gw);
}
