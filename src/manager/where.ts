/**
 * Finding one NIC wherever it is, and saying who holds it. Nothing is changed and nothing is locked: what is seen while others are
 * at work is looked at once more.
 */
import type { Hardware } from '../link/bus.js';
import type { NetnsHolders } from '../link/netns.js';
import { parseMac, parsePciAddress } from '../model/address.js';
import type { Attachment, AttachmentKey, NetnsRef, Phase } from '../model/attachment.js';
import { EnimError } from '../model/errors.js';
import { type Label, parseLabel } from '../model/label.js';
import type { Link } from '../model/link.js';
import { ifnameFault, isOwner, type Owner } from '../model/names.js';
import { commandLine } from '../model/paste.js';
import type { ProvidedEni } from '../providers/provider.js';
import { type Identity, identify, identityOf, identityOfAttachment } from './identify.js';
import { ambiguity, type Look, look, sight } from './locate.js';
import { BY_HAND, type Parts } from './parts.js';

/** One NIC, as printed by `enim where --json`. */
export interface NicView {
  /** ID; null for a NIC that is no ENI. */
  readonly eni: string | null;
  /** Permanent MAC; null if it is not known. */
  readonly mac: string | null;
  /** As the kernel names the device: a PCI address, `virtio3`, …; null for a virtual one. */
  readonly busAddress: string | null;
  /** PCI address, also of a virtio device. */
  readonly pciAddress: string | null;
  /** Kernel driver of a card, kind of a virtual device. */
  readonly driver: string | null;
  /** `unreachable`: plugged in, but not with an interface in any netns that can be reached. `nowhere`: not on this machine. */
  readonly at: 'home' | 'netns' | 'unreachable' | 'nowhere';
  readonly link: { readonly name: string; readonly ifindex: number; readonly up: boolean } | null;
  /** Null unless it is in one. */
  readonly netns: ({ readonly inode: number } & NetnsHolders) | null;
  readonly record: RecordView | null;
  /** What the NIC itself says by its alias; null if it says nothing. A pod can change it. */
  readonly label: Label | null;
  /** What is worth knowing beyond that, as a clause. */
  readonly note: string | null;
  /** A command that leads on; null if there is nothing to be done. */
  readonly next: string | null;
}

/** Who has the ENI, by what is recorded. */
interface RecordView extends AttachmentKey {
  readonly owner: Owner;
  /** ISO 8601, UTC. */
  readonly since: string | null;
  /** Null if no attachment is recorded: it is held by hand, or the state was lost. */
  readonly phase: Phase | null;
  readonly netns: NetnsRef | null;
}

/** All that the word may mean. */
export interface Word {
  readonly text: string;
  readonly mac: string | null;
  /** In the kernel's spelling. */
  readonly busAddress: string | null;
  readonly owner: Owner | null;
  /** A name that an interface can have. */
  readonly name: string | null;
}

/** An ENI that the provider or a record speaks of. */
interface Known extends ProvidedEni {
  readonly attachment: Attachment | undefined;
}

/** A NIC that fits the word. Without a link it was not seen in any netns. */
interface Hit {
  readonly known: Known | null;
  readonly link: Link | null;
  /** Null at home. */
  readonly netns: NetnsRef | null;
  /** What else fits equally well, as a clause. */
  readonly twins: string | null;
}

/** What was seen at one moment. */
interface Scene {
  readonly machine: Look;
  readonly known: readonly Known[];
  readonly hits: readonly Hit[];
  /** What is plugged in at the bus address that was asked for. */
  readonly hardware: Hardware | undefined;
}

/** So long an add or a del is between two places at most, where a NIC may be in neither for whoever looks at them in turn. */
const MOVE_MS = 100;

/**
 * Every NIC that the word can mean: an ENI ID, a MAC, a bus address, an interface name in any netns, or an owner. An interface
 * name away from home is looked for only if the word means nothing but a name.
 *
 * @throws EnimError INVALID_ARGUMENT, or NOT_THERE if none of them is on this machine
 */
export async function where(parts: Parts, text: string): Promise<readonly NicView[]> {
  const word = readWord(text);
  let scene = await lookFor(parts, word);
  if (scene.hits.some(isTorn)) {
    await parts.sleep(MOVE_MS);
    scene = await lookFor(parts, word);
  }
  const views = await viewAll(parts, word, scene);
  if (views.every(({ at }) => at === 'nowhere')) throw notThere(word, scene.hardware, views);
  return views;
}

/**
 * What a word can mean.
 *
 * @throws EnimError INVALID_ARGUMENT if it can mean nothing
 */
export function readWord(text: string): Word {
  const mac = parseMac(text) ?? null;
  const busAddress = parsePciAddress(text) ?? (/^virtio\d+$/.test(text) ? text : null);
  const owner = isOwner(text) ? text : null;
  const name = ifnameFault(text) === undefined ? text : null;
  if (text !== '' && (mac ?? busAddress ?? owner ?? name ?? idOf(text)) !== null)
    return { text, mac, busAddress, owner, name };
  throw new EnimError('INVALID_ARGUMENT', `NIC is ${JSON.stringify(text)}, which names neither a NIC nor an owner.`, {
    hint: 'give an ENI ID, a MAC, a bus address, an interface name, or NAMESPACE/NAME; see them: enim list',
  });
}

/** IDs are as long as clouds make them. */
function idOf(text: string): string | null {
  return /^[\w.-]+$/.test(text) ? text : null;
}

async function lookFor(parts: Parts, word: Word): Promise<Scene> {
  const [provided, attachments, machine, hardware] = await Promise.all([
    parts.provider.list(),
    parts.store.list(),
    look(parts),
    word.busAddress === null ? undefined : parts.links.hardwareAt(word.busAddress),
  ]);
  const known = join(provided, attachments);
  const addresses = [word.busAddress, hardware?.pciAddress, hardware?.virtio].filter(
    (each) => typeof each === 'string',
  );
  const hits = await findHits(machine, known, word, addresses);
  return { machine, known, hardware, hits };
}

/** The provider's ENIs with their records, and behind them those that only a record still speaks of. */
function join(provided: readonly ProvidedEni[], attachments: readonly Attachment[]): Known[] {
  const ids = new Set(provided.map(({ eni }) => eni.id));
  const strays = attachments.filter(({ eni }) => !ids.has(eni.id));
  return [
    ...provided.map((each) => ({ ...each, attachment: attachments.find(({ eni }) => eni.id === each.eni.id) })),
    ...strays.map((attachment) => ({
      ...{ eni: attachment.eni, holder: attachment, since: attachment.since, releasedAt: null },
      attachment,
    })),
  ];
}

async function findHits(
  machine: Look,
  known: readonly Known[],
  word: Word,
  addresses: readonly string[],
): Promise<Hit[]> {
  const meant = known.filter((each) => isMeant(each, word, addresses));
  const namesake = known.filter((each) => !meant.includes(each) && hasName(each, word));
  const hits = (await Promise.all([...meant, ...namesake].map((each) => hitsOf(machine, each)))).flat();
  const add = (netns: NetnsRef | null, links: readonly Link[]): void => {
    for (const link of links) {
      if (!fits(link, word, addresses) || hits.some((hit) => isSame(hit, netns, link))) continue;
      hits.push({ known: ownerOf(links, link, known), link, netns, twins: null });
    }
  };
  add(null, machine.home.links);
  const isFound = hits.some(({ link }) => link !== null && (meant.length > 0 || !isNamed(link, word)));
  if (isFound) return hits;
  const everywhere = await machine.all();
  const views = await Promise.all(everywhere.map(({ path, inode }) => machine.into({ path, inode })));
  for (const [index, { path, inode }] of everywhere.entries()) add({ path, inode }, views[index] ?? []);
  return hits;
}

/** Whether the word tells this ENI from all others. */
function isMeant({ eni, holder, attachment }: Known, word: Word, addresses: readonly string[]): boolean {
  const macs = [eni.mac, attachment?.snapshot.permanentMac];
  const buses = [eni.pciAddress, attachment?.snapshot.busAddress].map((each) => each?.toLowerCase());
  return (
    eni.id === word.text ||
    (word.mac !== null && macs.includes(word.mac)) ||
    addresses.some((address) => buses.includes(address)) ||
    (word.owner !== null && (attachment ?? holder)?.owner === word.owner)
  );
}

/** Whether its NIC is called so at home. */
function hasName({ eni, attachment }: Known, { name }: Word): boolean {
  return name !== null && [eni.ifname, attachment?.snapshot.name].includes(name);
}

async function hitsOf(machine: Look, known: Known): Promise<Hit[]> {
  const seen = await sight(machine, identityOfKnown(known), known.attachment?.netns ?? null);
  if (seen === undefined) return [{ known, link: null, netns: null, twins: null }];
  const twins = seen.links.length > 1 ? ambiguity(seen.links, identityOfKnown(known)) : null;
  return seen.links.map((link) => ({ known, link, netns: seen.netns, twins }));
}

function identityOfKnown({ eni, attachment }: Known): Identity {
  return attachment === undefined ? identityOf(eni) : identityOfAttachment(attachment);
}

/** Whether the link is what the word names. An owner is known by the labels, where the record was lost. */
function fits(link: Link, word: Word, addresses: readonly string[]): boolean {
  return (
    isNamed(link, word) ||
    (word.mac !== null && [link.mac, link.permanentMac].includes(word.mac)) ||
    (link.busAddress !== null && [...addresses, word.text].includes(link.busAddress.toLowerCase())) ||
    (word.owner !== null && parseLabel(link.alias)?.endpoint?.owner === word.owner)
  );
}

function isNamed({ name, altnames }: Link, word: Word): boolean {
  return name === word.name || altnames.includes(word.text);
}

function isSame(hit: Hit, netns: NetnsRef | null, link: Link): boolean {
  return hit.netns?.inode === netns?.inode && hit.link?.ifindex === link.ifindex;
}

/** The ENI whose NIC this link is, among the links of one netns. */
function ownerOf(links: readonly Link[], link: Link, known: readonly Known[]): Known | null {
  return known.find((each) => identify(links, identityOfKnown(each)).includes(link)) ?? null;
}

/** Whether record and kernel disagree, as they do while a NIC is on its way. */
function isTorn({ known, link, netns }: Hit): boolean {
  if (known === null) return false;
  if (link === null) return true;
  return (netns === null) === (known.attachment !== undefined);
}

async function viewAll(parts: Parts, word: Word, scene: Scene): Promise<NicView[]> {
  const inodes = scene.hits.flatMap(({ netns }) => (netns === null ? [] : [netns.inode]));
  const holders = inodes.length === 0 ? new Map<number, NetnsHolders>() : await parts.netns.holders(inodes);
  const attachments = scene.known.flatMap(({ attachment }) => attachment ?? []);
  const views = scene.hits.map(async (hit) => {
    const { known, link, netns } = hit;
    const busAddress = link === null ? busAddressOf(known) : link.busAddress;
    const hardware = busAddress === null ? undefined : await parts.links.hardwareAt(busAddress);
    const isThere = hardware !== undefined && (link !== null || !(await isOthers(scene.machine, hardware)));
    const place = netns === null ? null : holdersOf(netns, holders.get(netns.inode), known?.attachment);
    const view = {
      eni: known?.eni.id ?? null,
      mac: (link === null ? known?.eni.mac : link.permanentMac) || null,
      busAddress,
      pciAddress: hardware?.pciAddress ?? null,
      driver: link === null ? (hardware?.driver ?? null) : await parts.links.driverOf(link),
      at: placeOf(hit, isThere),
      link: link === null ? null : { name: link.name, ifindex: link.ifindex, up: link.up },
      netns: place,
      record: recordOf(known),
      label: parseLabel(link?.alias ?? null) ?? null,
    };
    const siblings = attachments.filter(({ containerID }) => containerID === view.record?.containerID);
    return { ...view, note: noteOn(view, hit, parts.bootID, hardware), next: nextStep(view, hit, siblings) };
  });
  const seen = await Promise.all(views);
  return seen.length > 0 ? seen : unclaimed(word, scene.hardware);
}

/** A card at the bus address that was asked for, of which no link was seen and no record speaks. */
function unclaimed({ busAddress }: Word, hardware: Hardware | undefined): NicView[] {
  if (hardware?.isNic !== true) return [];
  const { pciAddress, driver } = hardware;
  const view = { eni: null, mac: null, busAddress, pciAddress, driver, at: 'unreachable' as const };
  const note = linkless(hardware);
  return [{ ...view, link: null, netns: null, record: null, label: null, note, next: LOOK_AROUND }];
}

function busAddressOf(known: Known | null): string | null {
  return known?.attachment?.snapshot.busAddress ?? known?.eni.pciAddress ?? null;
}

function placeOf({ link, netns }: Hit, isPluggedIn: boolean): NicView['at'] {
  if (link !== null) return netns === null ? 'home' : 'netns';
  return isPluggedIn ? 'unreachable' : 'nowhere';
}

/** Whether another NIC than the one that is looked for is plugged in there by now: its link would be seen. */
async function isOthers(machine: Look, { pciAddress, virtio }: Hardware): Promise<boolean> {
  const everywhere = await machine.all();
  const views = await Promise.all(everywhere.map(({ path, inode }) => machine.into({ path, inode })));
  const links = [...machine.home.links, ...views.flatMap((each) => each ?? [])];
  return links.some(({ busAddress }) => busAddress !== null && [pciAddress, virtio].includes(busAddress));
}

/** With the recorded path, if it was that of this netns and leads elsewhere, or nowhere, by now. */
function holdersOf(
  { path, inode }: NetnsRef,
  holders: NetnsHolders = { paths: [], processes: [], descriptors: [] },
  attachment: Attachment | undefined,
): NicView['netns'] {
  const recorded = attachment?.netns;
  const isLost =
    recorded?.inode === inode && recorded.path !== path && !holders.paths.some((each) => each.path === recorded.path);
  return {
    inode,
    ...holders,
    paths: isLost ? [...holders.paths, { path: recorded.path, deleted: true }] : holders.paths,
  };
}

function recordOf(known: Known | null): RecordView | null {
  const holder = known?.attachment ?? known?.holder;
  if (known === null || holder === null || holder === undefined) return null;
  const { owner, containerID, ifname, network } = holder;
  const { phase = null, netns = null, since = known.since } = known.attachment ?? {};
  return { owner, containerID, ifname, network, since, phase, netns };
}

function noteOn(
  { at, record, netns }: Pick<NicView, 'at' | 'record' | 'netns'>,
  { twins, known }: Hit,
  bootID: string,
  hardware: Hardware | undefined,
): string | null {
  if (twins !== null) return twins;
  if (at === 'unreachable' && hardware !== undefined) return linkless(hardware);
  const attachment = known?.attachment;
  if (attachment === undefined) {
    if (record !== null) return record.network === BY_HAND ? 'held by hand' : 'allocated, but nothing is recorded';
    return at === 'netns' && known !== null ? 'away from home without a record' : null;
  }
  if (attachment.bootID !== bootID) return 'recorded before the last boot';
  if (attachment.phase === 'attaching') return 'being attached, or its add was interrupted';
  if (attachment.phase === 'releasing') return 'on its way home, or its release was interrupted';
  if (attachment.role === 'ipam') return 'another plugin moves its NIC';
  if (at === 'home') return 'at home although it is recorded as attached';
  if (at === 'netns' && netns?.inode !== attachment.netns.inode)
    return `not in the netns of its pod, ${attachment.netns.path} (${attachment.netns.inode})`;
  return null;
}

function linkless({ hasLink, driver }: Hardware): string | null {
  if (hasLink) return 'held perhaps by a socket, or by a process that cannot be seen from here';
  return `it has no network interface: ${driver === null ? 'no driver is' : `the driver ${driver} is`} bound to it`;
}

/** Newer ones of it see also what a socket holds. */
const LOOK_AROUND = commandLine(['lsns', '--type', 'net']);

function nextStep(
  { eni, at, record, link, netns }: Pick<NicView, 'eni' | 'at' | 'record' | 'link' | 'netns'>,
  hit: Hit,
  siblings: readonly Attachment[],
): string | null {
  if (record?.phase === null && record.network === BY_HAND)
    return commandLine(['enim', 'provider', 'release', record.owner]);
  const { attachment } = hit.known ?? {};
  if (at === 'netns' && eni === null)
    return commandLine(['nsenter', `--net=${hit.netns?.path}`, 'ip', '-d', 'address', 'show', 'dev', link?.name ?? '']);
  if (at === 'unreachable') return LOOK_AROUND;
  if (hit.twins !== null) return 'enim config get static.enis';
  if (attachment === undefined) return at === 'netns' || record !== null ? 'enim gc' : null;
  if (at === 'home') return attachment.role === 'ipam' ? null : 'enim gc';
  const ifname = siblings.length > 1 ? ['--ifname', attachment.ifname] : [];
  const isStrange = netns !== null && netns.inode !== attachment.netns.inode;
  if (isStrange && attachment.role === 'ipam') return null;
  return commandLine(['enim', 'del', attachment.owner, '--container-id', attachment.containerID, ...ifname]);
}

function notThere(word: Word, hardware: Hardware | undefined, views: readonly NicView[]): EnimError {
  const [first, ...others] = views;
  if (first === undefined) return new EnimError('NOT_THERE', unknown(word, hardware), { hint: 'enim list' });
  const subject =
    others.length === 0
      ? `ENI ${first.eni} (${first.mac}) is`
      : `The ENIs ${views.map(({ eni }) => eni).join(', ')} are`;
  const details = views.flatMap(({ eni, record }) =>
    record === null ? [] : [`${eni}: held for ${record.owner}, container ${record.containerID}, as ${record.ifname}`],
  );
  return new EnimError('NOT_THERE', `${subject} not on this machine: no device is in any netns or on the bus.`, {
    details,
    hint: views.find(({ next }) => next !== null)?.next ?? 'plug it in again, then see: enim list',
  });
}

function unknown({ text, mac, busAddress, owner }: Word, hardware: Hardware | undefined): string {
  if (mac !== null) return `No NIC on this machine has the MAC ${mac}.`;
  if (owner !== null) return `${owner} holds no ENI on this machine.`;
  if (busAddress !== null)
    return hardware === undefined
      ? `Nothing is plugged in at ${busAddress}.`
      : `What is plugged in at ${busAddress} is no NIC.`;
  return `${JSON.stringify(text)} is not on this machine: no ENI has this ID, and no interface in any netns this name.`;
}
