/** The name of a NIC that has come home: others may want it, have it, or take it while it is given back. */
import { parseLabel } from '../model/label.js';
import { type Link, type LinkSnapshot, namesOf, wordFor } from '../model/link.js';
import type { Kernel } from './kernel.js';
import { planRestore } from './snapshot.js';
import { findSquatter } from './squatter.js';

/**
 * Does some work on the NIC of another ENI, best while nobody else works on that one.
 *
 * @param eni ID
 */
export type Beside = (eni: string, work: () => Promise<void>) => Promise<void>;

/** Each of them meets a rival at a new moment only. */
const RENAME_TRIES = 4;

/**
 * Gives the NIC its name back; returns the plan for the rest. Somebody may be quicker: udev makes the name an altname of a card
 * that has just come home, which is mended, and another device may get it, which is not: then the NIC keeps the name that it has.
 */
export async function giveNameBack(
  kernel: Kernel,
  link: Link,
  snapshot: LinkSnapshot,
  beside: Beside,
): Promise<ReturnType<typeof planRestore>> {
  if (hasItsNames(link, snapshot)) return planRestore(link, snapshot, await namesakeOf(kernel, link));
  let seen = link;
  let plan = planRestore(seen, snapshot, namesOfOthers(await makeRoom(kernel, seen, snapshot.name, beside), seen));
  const restored = plan.restored;
  for (let tries = 0; plan.renaming > 0 && tries < RENAME_TRIES; tries += 1) {
    await kernel.change('home', plan.commands.slice(0, plan.renaming), { force: true });
    const links = await kernel.links('home');
    const now = links.find(({ ifindex }) => ifindex === link.ifindex);
    if (now === undefined) break;
    seen = now;
    plan = planRestore(seen, snapshot, namesOfOthers(links, seen));
  }
  if (plan.renaming > 0)
    plan = planRestore(seen, snapshot, new Set([snapshot.name, ...(await namesakeOf(kernel, seen))]));
  return { ...plan, restored: seen.name === snapshot.name ? restored : plan.restored };
}

/** Whether nobody else's names matter, for it has all of its own, and no other. */
function hasItsNames(link: Link, { name, altnames }: LinkSnapshot): boolean {
  const isSame = link.altnames.length === altnames.length && link.altnames.every((each) => altnames.includes(each));
  return link.name === name && isSame;
}

/** The links at home, once a NIC on its way home that has the name was given another one. */
async function makeRoom(kernel: Kernel, link: Link, name: string, beside: Beside): Promise<Link[]> {
  const links = await kernel.links('home');
  const eni = parseLabel(findSquatter(links, link, name)?.alias ?? null)?.eni;
  if (eni === undefined) return links;
  await beside(eni, async () => {
    const now = await kernel.links('home');
    const squatter = findSquatter(now, link, name);
    // Whoever was at work on it has given it its own name.
    if (squatter === undefined) return;
    const dev = wordFor(squatter, namesOfOthers(now, squatter));
    const commands = [
      ['link', 'set', 'dev', dev, 'down'],
      ['link', 'set', 'dev', dev, 'name', freeName(namesOf(now))],
    ];
    await kernel.change('home', commands, { force: true });
  });
  return kernel.links('home');
}

/** The name that another link at home has and by which `ip` would mean this one's index, if there is such a link. */
async function namesakeOf(kernel: Kernel, link: Link): Promise<Set<string>> {
  const byIndex = `if${link.ifindex}`;
  const isOthers = !namesOf([link]).has(byIndex) && (await kernel.isTaken('home', byIndex));
  return new Set(isOthers ? [byIndex] : []);
}

/** What a NIC at home cannot be called. */
export function namesOfOthers(links: readonly Link[], link: Link): Set<string> {
  return namesOf(links.filter(({ ifindex }) => ifindex !== link.ifindex));
}

/** A name for a NIC whose own is taken at home. */
export function freeName(taken: ReadonlySet<string>): string {
  let number = 0;
  while (taken.has(`enim${number}`)) number += 1;
  return `enim${number}`;
}
