/** The kernel's part of a bundle: home, every netns that can be reached or that a record names, and what is plugged in. */
import type { LinkDriver } from '../../link/driver.js';
import type { HomeRecord, NetnsIndex, NetnsRecord, PlaceRecord } from '../../link/record.js';
import { type Answer, answerOf } from '../../model/answer.js';
import type { Attachment, NetnsRef } from '../../model/attachment.js';
import { FILES, NETNS_FILES } from '../../model/bundle.js';
import type { Link } from '../../model/link.js';
import type { Parts } from '../parts.js';
import type { Gatherer } from './gathered.js';

type Eyes = Pick<Parts, 'links' | 'netns'>;

/** @param attachments what is recorded; its netns may be reached by a path that leads there and nowhere else is seen */
export async function gatherKernel(
  gatherer: Gatherer,
  { links, netns }: Eyes,
  attachments: readonly Attachment[],
  busAddresses: readonly string[],
): Promise<void> {
  // Before any netns is entered: our own children would count as processes of the pod.
  const processes = await gatherer.ask(FILES.netns, async () => [...(await netns.processes())]);
  const all = await gatherer.ask(FILES.netns, () => netns.findAll());
  const home = await gatherHome(gatherer, links);
  gatherer.put(FILES.home, home);

  const recorded = [...new Set(attachments.map(({ netns: { path } }) => path))].filter((path) => path !== '');
  const paths: [string, Answer<number | null>][] = [];
  for (const path of new Set([...recorded, ...('value' in all ? all.value.map((each) => each.path) : [])]))
    paths.push([path, await answerOf(async () => (await netns.find(path))?.inode ?? null)]);

  const places = new Map<number, NetnsRef>();
  if ('value' in all) for (const { path, inode } of all.value) places.set(inode, { path, inode });
  for (const [path, found] of paths)
    if ('value' in found && found.value !== null && !places.has(found.value))
      places.set(found.value, { path, inode: found.value });
  const seen: Link[] = linksOf(home);
  let closed = 0;
  for (const place of places.values()) {
    const record: NetnsRecord = { ...place, ...(await lookAt(gatherer, links, place)) };
    // One whose pod has gone meanwhile is no loss.
    if ('value' in record.links && record.links.value === null && (await isThere(netns, place))) closed += 1;
    seen.push(...linksOf(record));
    gatherer.put(`${NETNS_FILES}${place.inode}.json`, record);
  }
  if (closed > 0) gatherer.miss(NETNS_FILES, `${closed} of ${places.size} network namespaces could not be entered.`);

  const holders = await gatherer.ask(FILES.netns, async () => [...(await netns.holders([...places.keys()]))]);
  const index: NetnsIndex = { all, processes, holders, paths };
  gatherer.put(FILES.netns, index);
  await gatherHardware(gatherer, links, [...busAddresses, ...seen.flatMap(({ busAddress }) => busAddress ?? [])]);
}

async function gatherHome(gatherer: Gatherer, links: LinkDriver): Promise<HomeRecord> {
  const view = await gatherer.ask(FILES.home, () => links.lookHome());
  if ('refusal' in view) return { links: view, use: view, around: { value: null } };
  const { links: there, use } = view.value;
  return {
    links: { value: there },
    use: { value: { defaultRoutes: use.defaultRoutes, sshDevice: use.sshDevice } },
    ...(await lookBeside(gatherer, links, null, there)),
  };
}

async function lookAt(gatherer: Gatherer, links: LinkDriver, place: NetnsRef): Promise<PlaceRecord> {
  const there = await gatherer.ask(NETNS_FILES, async () => (await links.lookInto(place)) ?? null);
  if ('refusal' in there || there.value === null) return { links: there, around: { value: null } };
  return { links: there, ...(await lookBeside(gatherer, links, place, there.value)) };
}

async function lookBeside(
  gatherer: Gatherer,
  links: LinkDriver,
  place: NetnsRef | null,
  there: readonly Link[],
): Promise<Pick<PlaceRecord, 'around'>> {
  const part = place === null ? FILES.home : NETNS_FILES;
  return { around: await gatherer.ask(part, async () => (await links.lookAround(place, there)) ?? null) };
}

async function gatherHardware(gatherer: Gatherer, links: LinkDriver, busAddresses: readonly string[]): Promise<void> {
  const hardware = [...new Set(busAddresses)].sort().map(async (busAddress) => {
    const found = await answerOf(async () => (await links.hardwareAt(busAddress)) ?? null);
    return [busAddress, found] as const;
  });
  gatherer.put(FILES.hardware, await Promise.all(hardware));
}

async function isThere(netns: Eyes['netns'], { path, inode }: NetnsRef): Promise<boolean> {
  const found = await answerOf(() => netns.find(path));
  return 'refusal' in found || found.value?.inode === inode;
}

function linksOf({ links }: PlaceRecord): Link[] {
  return 'value' in links ? [...(links.value ?? [])] : [];
}
