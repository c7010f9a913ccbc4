/** Discovery: which of the node's NICs the rules of the settings make ENIs. Pure. */
import type { Eni } from './eni.js';
import type { Nic } from './nic.js';
import { fits } from './pattern.js';

/** Rules by which NICs become ENIs; each one that is given must hold. */
export interface Rules {
  /** Kernel drivers, for example `ena`; empty means any. */
  readonly driver: readonly string[];
  /** Pattern of the name at home, with `*` and `?`; null means any. */
  readonly name: string | null;
  /** Names, patterns, MACs or bus addresses that are never taken. */
  readonly exclude: readonly string[];
}

/**
 * The spare NICs that the rules take, as ENIs without addresses. A virtual device is only taken by a rule that names its driver
 * or its name: most of them are the ends of other pods' veth pairs.
 */
export function discover(nics: readonly Nic[], rules: Rules): Eni[] {
  return nics.filter((nic) => nic.refusals.length === 0 && isWanted(nic, rules)).map(toEni);
}

/** Whether the rules take a NIC, spare or not. */
function isWanted({ link, driver }: Nic, rules: Rules): boolean {
  if (link.kind !== null && rules.driver.length === 0 && rules.name === null) return false;
  if (rules.driver.length > 0 && (driver === null || !rules.driver.includes(driver))) return false;
  if (rules.name !== null && !fits(link.name, rules.name)) return false;
  return !rules.exclude.some((each) =>
    [link.name, ...link.altnames, link.permanentMac, link.busAddress ?? ''].some((text) => fits(text, each)),
  );
}

/** The ENI that a NIC is when nothing but the kernel speaks of it. */
export function toEni({ link }: Nic): Eni {
  return {
    id: `eni-${link.permanentMac.replaceAll(':', '')}`,
    mac: link.permanentMac,
    pciAddress: link.busAddress?.includes('.') ? link.busAddress : null,
    ...{ ifname: null, mtu: null, ipv4: null, ipv6: null, routes: null },
  };
}

/** An inventory entry that the kernel alone can tell; its addresses are for a human to add. */
export interface ProposedEni {
  readonly id: string;
  readonly mac: string;
  readonly pciAddress?: string;
  readonly ifname: string;
}

/** What an inventory of this node could be. */
export interface Proposal {
  readonly enis: readonly ProposedEni[];
  readonly refused: readonly { readonly name: string; readonly mac: string; readonly reasons: readonly string[] }[];
  /** Virtual devices that no rule named. */
  readonly virtual: number;
}

/** An entry of an inventory as a human has written it, and what it means. */
export interface Entry {
  readonly raw: unknown;
  readonly id: string;
  /** Canonical. */
  readonly mac: string;
  /** The same; null if it says none. */
  readonly pciAddress: string | null;
}

/** What becomes of an inventory that is replaced. */
export interface Replacement {
  readonly entries: readonly unknown[];
  /** IDs of entries that were not proposed, and stay because somebody has the ENI. */
  readonly kept: readonly string[];
}

/**
 * Puts what is proposed in place of an inventory. An ENI that stays keeps all that was set of it, for nobody else knows its addresses, but
 * not the slot of a card that is in another one now; and one that somebody has stays.
 *
 * @param isInUse whether somebody has the ENI of this ID
 */
export function replaceInventory(
  before: readonly Entry[],
  proposed: readonly ProposedEni[],
  isInUse: (id: string) => boolean,
): Replacement {
  const formers = proposed.map((each) => formerOf(each, before, proposed));
  const kept = before.filter((each) => !formers.includes(each) && isInUse(each.id));
  const entries = proposed.map((each, index) => {
    const former = formers[index]?.raw;
    const { pciAddress } = each;
    return typeof former === 'object' ? { ...each, ...former, ...(pciAddress && { pciAddress }) } : each;
  });
  return { entries: [...kept.map(({ raw }) => raw), ...entries], kept: kept.map(({ id }) => id) };
}

/** The entry of the same NIC. Where several have its MAC the slot tells; one that is alone with it may be in another slot than before. */
function formerOf(
  { mac, pciAddress }: ProposedEni,
  before: readonly Entry[],
  proposed: readonly ProposedEni[],
): Entry | undefined {
  const namesakes = before.filter((each) => each.mac === mac);
  const there = namesakes.find((each) => each.pciAddress === (pciAddress ?? null));
  const isAlone = namesakes.length === 1 && proposed.filter((each) => each.mac === mac).length === 1;
  return there ?? (isAlone ? namesakes[0] : undefined);
}

/** Sorts the node's NICs into those that the rules take, and those that are refused, with reasons. */
export function propose(nics: readonly Nic[], rules: Rules): Proposal {
  const unnamed = (nic: Nic): boolean => nic.link.kind !== null && rules.driver.length === 0 && rules.name === null;
  const considered = nics.filter((nic) => !unnamed(nic));
  const judged = considered.map((nic) => ({
    nic,
    reasons: [...nic.refusals, ...(isWanted(nic, rules) ? [] : ['the rules that were given leave it out'])],
  }));
  return {
    enis: judged.filter(({ reasons }) => reasons.length === 0).map(({ nic }) => toProposed(nic)),
    refused: judged
      .filter(({ reasons }) => reasons.length > 0)
      .map(({ nic: { link }, reasons }) => ({ name: link.name, mac: link.permanentMac, reasons })),
    virtual: nics.length - considered.length,
  };
}

function toProposed(nic: Nic): ProposedEni {
  const { id, mac, pciAddress } = toEni(nic);
  const name = nic.link.name;
  const usable = /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/.test(name);
  return { id: usable ? name : id, mac, ...(pciAddress === null ? {} : { pciAddress }), ifname: name };
}
