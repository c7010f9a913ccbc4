/** Finding every NIC that fits a word. */
import type { Hardware } from '../../link/bus.js';
import type { NetnsRef } from '../../model/attachment.js';
import { parseLabel } from '../../model/label.js';
import type { Link } from '../../model/link.js';
import { findMisplaced, type Identity, identify, identityOf, identityOfAttachment } from '../identify.js';
import { joinRecords, type Known } from '../known.js';
import { ambiguity, type Look, look, recordedOf, sight } from '../locate.js';
import type { Parts } from '../parts.js';
import { isContainer, type Word } from './word.js';

/** A NIC that fits the word. Without a link it was not seen in any netns. */
export interface Hit {
  readonly known: Known | null;
  readonly link: Link | null;
  /** Null at home. */
  readonly netns: NetnsRef | null;
  /** What else fits equally well, as a clause. */
  readonly twins: string | null;
  /** The card of its MAC in another slot, where it was not seen itself. */
  readonly misplaced?: Link;
}

/** What was seen at one moment. */
export interface Scene {
  readonly machine: Look;
  readonly known: readonly Known[];
  readonly hits: readonly Hit[];
  /** What is plugged in at the bus address that was asked for. */
  readonly hardware: Hardware | undefined;
}

/** Looks at the machine, and for what fits the word. */
export async function lookFor(parts: Parts, word: Word): Promise<Scene> {
  const [provided, attachments, machine, hardware] = await Promise.all([
    parts.provider.list(),
    parts.store.list(),
    look(parts),
    word.busAddress === null ? undefined : parts.links.hardwareAt(word.busAddress),
  ]);
  const known = joinRecords(provided, attachments);
  const addresses = [word.busAddress, hardware?.pciAddress, hardware?.virtio].filter(
    (each) => typeof each === 'string',
  );
  const hits = await findHits(machine, known, word, addresses, parts.bootID);
  return { machine, known, hardware, hits };
}

async function findHits(
  machine: Look,
  known: readonly Known[],
  word: Word,
  addresses: readonly string[],
  bootID: string,
): Promise<Hit[]> {
  const meant = known.filter((each) => isMeant(each, word, addresses, bootID));
  const namesake = known.filter((each) => !meant.includes(each) && hasName(each, word));
  const hits = (await Promise.all([...meant, ...namesake].map((each) => hitsOf(machine, each, bootID)))).flat();
  const add = (netns: NetnsRef | null, links: readonly Link[]): void => {
    for (const link of links) {
      if (!fits(link, word, addresses) || hits.some((hit) => isSame(hit, netns, link))) continue;
      hits.push({ known: ownerOf(links, link, known, bootID), link, netns, twins: null });
    }
  };
  add(null, (await machine.home()).links);
  const isFound = hits.some(({ link }) => link !== null && (meant.length > 0 || !isNamed(link, word)));
  if (isFound) return hits;
  const everywhere = await machine.all();
  const views = await Promise.all(everywhere.map(({ path, inode }) => machine.into({ path, inode })));
  for (const [index, { path, inode }] of everywhere.entries()) add({ path, inode }, views[index] ?? []);
  return hits;
}

/** Whether the word tells this ENI from all others. */
function isMeant(known: Known, word: Word, addresses: readonly string[], bootID: string): boolean {
  const { eni, holder, attachment } = known;
  const macs = [eni.mac, attachment?.snapshot.permanentMac];
  const buses = [eni.pciAddress, identityOfKnown(known, bootID).busAddress].map((each) => each?.toLowerCase());
  return (
    eni.id === word.text ||
    (word.mac !== null && macs.includes(word.mac)) ||
    addresses.some((address) => buses.includes(address)) ||
    (word.owner !== null && (attachment ?? holder)?.owner === word.owner) ||
    isContainer(word, (attachment ?? holder)?.containerID)
  );
}

/** Whether its NIC is called so at home. */
function hasName({ eni, attachment }: Known, { name }: Word): boolean {
  return name !== null && [eni.ifname, attachment?.snapshot.name].includes(name);
}

async function hitsOf(machine: Look, known: Known, bootID: string): Promise<Hit[]> {
  const identity = identityOfKnown(known, bootID);
  const seen = await sight(machine, identity, known.attachment?.netns ?? recordedOf(known));
  if (seen.length === 0) {
    const places = await machine.everywhere();
    const misplaced = findMisplaced(places.keys(), identity);
    const nowhere = { known, link: null, netns: null, twins: null };
    if (misplaced === undefined) return [nowhere];
    const other = { known: null, link: misplaced, netns: places.get(misplaced) ?? null, twins: null };
    return [{ ...nowhere, misplaced }, other];
  }
  const twins = seen.length > 1 ? ambiguity(seen, identity) : null;
  return seen.map(({ netns, link }) => ({ known, link, netns, twins }));
}

/** @param bootID of the running system */
export function identityOfKnown({ eni, attachment }: Known, bootID: string): Identity {
  return attachment === undefined ? identityOf(eni) : identityOfAttachment(attachment, bootID);
}

/** Whether the link is what the word names. An owner or a container is known by the labels, where the record was lost. */
function fits(link: Link, word: Word, addresses: readonly string[]): boolean {
  return (
    isNamed(link, word) ||
    (word.mac !== null && [link.mac, link.permanentMac].includes(word.mac)) ||
    (link.busAddress !== null && [...addresses, word.text].includes(link.busAddress.toLowerCase())) ||
    (word.owner !== null && parseLabel(link.alias)?.endpoint?.owner === word.owner) ||
    isContainer(word, parseLabel(link.alias)?.endpoint?.containerID)
  );
}

function isNamed({ name, altnames }: Link, word: Word): boolean {
  return name === word.name || altnames.includes(word.text);
}

function isSame(hit: Hit, netns: NetnsRef | null, link: Link): boolean {
  return hit.netns?.inode === netns?.inode && hit.link?.ifindex === link.ifindex;
}

/** The ENI whose NIC this link is, among the links of one netns. */
function ownerOf(links: readonly Link[], link: Link, known: readonly Known[], bootID: string): Known | null {
  return known.find((each) => identify(links, identityOfKnown(each, bootID)).includes(link)) ?? null;
}

/** Whether record and kernel disagree, as they do while a NIC is on its way. */
export function isTorn({ known, link, netns }: Hit): boolean {
  if (known === null) return false;
  if (link === null) return true;
  return (netns === null) === (known.attachment !== undefined);
}
