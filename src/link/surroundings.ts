/** What is around the links in a place, for whoever has to judge it from elsewhere: traffic, routes, rules, and the sysctls that enim sets. */
import { closeSync } from 'node:fs';
import { libc } from '../libc.js';
import type { Pairs } from '../model/answer.js';
import type { Counters } from '../model/counters.js';
import type { Link, LinkRoute } from '../model/link.js';
import type { Rule } from '../model/rule.js';
import { openNetns, stepInto } from './enter.js';
import type { Kernel, Place } from './kernel.js';
import { readSysctls } from './sysctls.js';

/** All of it. */
export interface Surroundings {
  /** What went through the links, by their names; null where nobody counts. */
  readonly counters: Pairs<Counters | null>;
  readonly routes: readonly LinkRoute[];
  readonly rules: readonly Rule[];
  /** By the name of the link; null where the runtime does not let us look into another netns. */
  readonly sysctls: Pairs<Pairs<string>> | null;
}

/** @throws EnimError NOT_THERE if the netns is gone */
export async function lookAround(kernel: Kernel, place: Place, links: readonly Link[]): Promise<Surroundings> {
  const counters: [string, Counters | null][] = [];
  for (const { name } of links) counters.push([name, await kernel.counters(place, name)]);
  const routes = await kernel.routes(place, { to: 'anywhere' });
  return { counters, routes, rules: await kernel.rules(place), sysctls: readIn(place, links) };
}

function readIn(place: Place, links: readonly Link[]): Surroundings['sysctls'] {
  const read = (): Surroundings['sysctls'] =>
    links.map(({ name }) => [name, Object.entries(readSysctls(name))] as const);
  if (place === 'home') return read();
  const calls = libc();
  if (calls === undefined) return null;
  const fd = openNetns(place);
  try {
    return stepInto(fd, place.path, calls.setns, read);
  } finally {
    closeSync(fd);
  }
}
