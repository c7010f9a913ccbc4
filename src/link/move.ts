/** The move of a NIC out of a pod, alone and under a name that is free at home. */
import type { NetnsRef } from '../model/attachment.js';
import { type Link, namesOf, wordFor } from '../model/link.js';
import type { Kernel } from './kernel.js';
import { freeName } from './rename.js';

/**
 * Moves it home, under `name`, or under a free name where that is taken.
 *
 * @returns the name that it has
 * @throws EnimError NOT_THERE if the netns is gone, NOT_PERMITTED, LINK_FAILED
 */
export async function moveHome(kernel: Kernel, link: Link, netns: NetnsRef, name: string): Promise<string> {
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
  const removal = uppers.map(({ name: upper }) => ['link', 'del', 'dev', upper]);
  await kernel.change(netns, removal, { force: true });
  await kernel.change(netns, [
    ...clashing.map((altname) => ['link', 'property', 'del', 'dev', dev, 'altname', altname]),
    ['link', 'set', 'dev', dev, 'netns', `/proc/${process.pid}/ns/net`, 'name', target],
  ]);
  return target;
}
