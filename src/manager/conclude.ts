/** Whose an ENI is that nothing is recorded of: what was said of it by the label, the provider, a runtime and a human, weighed. Pure. */
import type { CachedAdd } from '../host/cache.js';
import { type Endpoint, sameEndpoint } from '../model/attachment.js';
import type { Link } from '../model/link.js';

/** What is said of one ENI. */
export interface Testimony {
  /** By the label on its NIC. */
  readonly label: Endpoint | null;
  readonly provider: Endpoint | null;
  /** By runtimes that remember an ADD. */
  readonly cached: readonly Endpoint[];
  /** By a human, who only names the owner. */
  readonly owner: string | null;
}

/** An ADD that a runtime remembers, and where its sandbox's path leads now. */
export interface LocatedAdd extends CachedAdd {
  readonly inode: number | undefined;
}

/**
 * Those that speak of a NIC in a netns. The path must lead into it: a runtime also remembers pods that it never deleted, and the
 * ENI's next pod has the same MAC. Besides, the MAC must be the NIC's, or the name where the runtime was told no MAC.
 */
export function cachedOf(adds: readonly LocatedAdd[], inode: number, link: Link): readonly CachedAdd[] {
  return adds
    .filter((add) => add.inode === inode)
    .filter(({ mac, endpoint }) =>
      mac === null ? endpoint.ifname === link.name : [link.mac, link.permanentMac].includes(mac),
    );
}

/**
 * Whose it is, null if nobody says so or if those who do disagree; and what that was concluded from, as clauses. Who disagree, a
 * human can decide between.
 *
 * @param unsaid as an add by hand would have recorded it, for an owner that only a human names
 */
export function conclude(
  { label, provider, cached, owner }: Testimony,
  unsaid: Endpoint,
): { readonly endpoint: Endpoint | null; readonly evidence: readonly string[] } {
  const said = [
    ...(label === null ? [] : [{ who: 'the label of the NIC', endpoint: label }]),
    ...(provider === null ? [] : [{ who: 'the provider', endpoint: provider }]),
    ...cached.map((endpoint) => ({ who: 'a runtime', endpoint })),
  ];
  const [first] = said;
  const isUnanimous = said.every(({ endpoint }) => first !== undefined && sameEndpoint(endpoint, first.endpoint));
  const evidence = [
    ...said.map(({ who, endpoint }) => `${who} says ${isUnanimous ? endpoint.owner : inFull(endpoint)}`),
    ...(owner === null ? [] : [`you say ${owner}`]),
    ...(isUnanimous ? [] : ['they disagree']),
  ];
  const believed = isUnanimous ? said : said.filter(({ endpoint }) => endpoint.owner === owner);
  const [one, ...others] = believed.map(({ endpoint }) => endpoint);
  if (one === undefined) return { endpoint: isUnanimous && owner !== null ? { ...unsaid, owner } : null, evidence };
  if (!others.every((other) => sameEndpoint(other, one))) return { endpoint: null, evidence };
  const uid = believed.find(({ endpoint }) => endpoint.uid !== null)?.endpoint.uid ?? null;
  return { endpoint: { ...one, owner: owner ?? one.owner, uid }, evidence };
}

function inFull({ owner, network, containerID, ifname }: Endpoint): string {
  return `${owner}, container ${containerID}, network ${network}, ${ifname}`;
}
