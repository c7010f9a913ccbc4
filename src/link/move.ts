/** The move of a NIC out of a pod, alone and under a name that is free at home. */
import type { NetnsRef } from '../model/attachment.js';
import { type Link, namesOf, type Restored, wordFor } from '../model/link.js';
import type { Kernel } from './kernel.js';
import { freeName } from './rename.js';

/** A NIC that was moved home. */
export interface Moved {
  /** The name that it has there. */
  readonly name: string;
  /** What the pod had put on it, and was removed. */
  readonly restored: readonly Restored[];
  /** What could not be removed. */
  readonly remaining: readonly Restored[];
}

/**
 * Moves it home, under `name`, or under a free name where that is taken.
 *
 * @throws EnimError NOT_THERE if the netns is gone, NOT_PERMITTED, LINK_FAILED
 */
export async function moveHome(kernel: Kernel, link: Link, netns: NetnsRef, name: string): Promise<Moved> {
  const target = (await kernel.isTaken('home', name)) ? freeName(await kernel.names('home')) : name;
  // An altname that any device at home has, or that is the new name itself, refuses the move or the rename (EEXIST).
  const clashing: string[] = [];
  for (const altname of link.altnames)
    if (altname === target || (await kernel.isTaken('home', altname))) clashing.push(altname);
  const there = await kernel.links(netns);
  // Names that are no UTF-8 look the same where it is the program `ip` that says them.
  const dev = link.name.includes('\ufffd') ? wordFor(link, namesOf(there)) : link.name;
  // What the pod has put on it, a VLAN or a macvlan, would stay there and go on using it, whoever has the NIC next.
  const uppers = there.filter(({ lower }) => lower === link.name);
  const left = await removeFrom(kernel, netns, uppers);
  await kernel.change(netns, [
    ...clashing.map((altname) => ['link', 'property', 'del', 'dev', dev, 'altname', altname]),
    ['link', 'set', 'dev', dev, 'netns', `/proc/${process.pid}/ns/net`, 'name', target],
  ]);
  return {
    name: target,
    restored: uppers.filter(({ ifindex }) => !left.has(ifindex)).map(asRemoved),
    remaining: uppers.filter(({ ifindex }) => left.has(ifindex)).map(asRemoved),
  };
}

/** @returns indices of those that are still there */
async function removeFrom(kernel: Kernel, netns: NetnsRef, links: readonly Link[]): Promise<ReadonlySet<number>> {
  if (links.length === 0) return new Set();
  const removal = links.map(({ name }) => ['link', 'del', 'dev', name]);
  await kernel.change(netns, removal, { force: true });
  const indices = (await kernel.links(netns)).map(({ ifindex }) => ifindex);
  return new Set(links.map(({ ifindex }) => ifindex).filter((each) => indices.includes(each)));
}

function asRemoved({ kind, name }: Link): Restored {
  return { what: `${kind ?? 'link'} on it`, from: name, to: '-' };
}
