/** What is said of a NIC that was found, and which command leads on. */
import type { Hardware } from '../../link/bus.js';
import type { NetnsHolders } from '../../link/holders.js';
import { type Attachment, type AttachmentKey, BY_HAND, type NetnsRef, type Phase } from '../../model/attachment.js';
import { type Label, parseLabel } from '../../model/label.js';
import type { Owner } from '../../model/names.js';
import { commandLine } from '../../model/paste.js';
import { RENEW_SLOTS, sayMisplaced } from '../identify.js';
import type { Known } from '../known.js';
import { isOccupied, type Look } from '../locate.js';
import type { Parts } from '../parts.js';
import { recordAgainBy } from '../verdict.js';
import { type Hit, identityOfKnown, type Scene } from './hits.js';
import type { Word } from './word.js';

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

/** A view of each hit, in their order; of a card that nothing but its bus address leads to, one more. */
export async function viewAll(parts: Parts, word: Word, scene: Scene): Promise<NicView[]> {
  const inodes = scene.hits.flatMap(({ netns }) => (netns === null ? [] : [netns.inode]));
  const holders = inodes.length === 0 ? new Map<number, NetnsHolders>() : await parts.netns.holders(inodes);
  const attachments = scene.known.flatMap(({ attachment }) => attachment ?? []);
  const views = scene.hits.map(async (hit) => {
    const { known, link, netns } = hit;
    const busAddress = link === null ? busAddressOf(known, parts.bootID) : link.busAddress;
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

function busAddressOf(known: Known | null, bootID: string): string | null {
  return known === null ? null : identityOfKnown(known, bootID).busAddress;
}

function placeOf({ link, netns }: Hit, isPluggedIn: boolean): NicView['at'] {
  if (link !== null) return netns === null ? 'home' : 'netns';
  return isPluggedIn ? 'unreachable' : 'nowhere';
}

/** Whether another NIC than the one that is looked for is plugged in there by now: its link would be seen. */
function isOthers(machine: Look, { pciAddress, virtio }: Hardware): Promise<boolean> {
  return isOccupied(
    machine,
    [pciAddress, virtio].filter((each) => each !== null),
  );
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
  { twins, known, misplaced }: Hit,
  bootID: string,
  hardware: Hardware | undefined,
): string | null {
  if (twins !== null) return twins;
  if (misplaced !== undefined && known !== null) return sayMisplaced(misplaced, identityOfKnown(known, bootID));
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
  if (attachment === undefined && hit.misplaced !== undefined) return RENEW_SLOTS;
  if (attachment === undefined && at === 'netns' && eni !== null)
    return recordAgainBy(eni, hit.link?.alias ?? null, hit.known?.holder ?? null);
  if (attachment === undefined) return record === null ? null : 'enim gc';
  if (at === 'home') return attachment.role === 'ipam' ? null : 'enim gc';
  const ifname = siblings.length > 1 ? ['--ifname', attachment.ifname] : [];
  const isStrange = netns !== null && netns.inode !== attachment.netns.inode;
  if (isStrange && attachment.role === 'ipam') return null;
  return commandLine(['enim', 'del', attachment.owner, '--container-id', attachment.containerID, ...ifname]);
}
