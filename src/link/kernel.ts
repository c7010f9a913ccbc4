/**
 * The kernel's links as the driver sees and changes them. `netlink/` speaks to the kernel itself, `iproute2.ts` has the program `ip` do
 * it. What is to be changed is said as commands of iproute2, for a plan that can be read can also be repeated by hand.
 */

import type { Counters } from '../model/counters.js';
import { EnimError } from '../model/errors.js';
import type { Link, LinkRoute } from '../model/link.js';
import type { Rule } from '../model/rule.js';

/** One `ip` command as its arguments, for example `['link', 'set', 'dev', 'eth0', 'up']`; for a rule of IPv6 `-6` comes first. */
export type IpCommand = readonly string[];

/**
 * Where something is seen or changed: at home (our own netns), or in the netns that a path opens. With an inode only in that one:
 * whoever made it may have made another one under the same path by now.
 */
export type Place = 'home' | { readonly path: string; readonly inode?: number };

/** What tells places apart. */
export function placeKey(place: Place): string {
  return place === 'home' ? '' : `${place.inode} ${place.path}`;
}

/** Which routes are wanted: those to everywhere (the default routes), all that lead anywhere, or those through one device. */
export type RouteFilter = { readonly to: 'everywhere' | 'anywhere' } | { readonly dev: string };

/** The words of `ip route show` for a filter. */
export function filterWords(filter: RouteFilter): string[] {
  if ('dev' in filter) return ['dev', filter.dev];
  return filter.to === 'everywhere' ? ['default'] : [];
}

/** Eyes and hands in any number of places, with what it takes to be there kept until all work is done. */
export interface Kernel {
  /**
   * The links in a place with their addresses; with a name (or `if5` for that of index 5) just that one, if it is there.
   *
   * @throws EnimError NOT_THERE if the netns is gone
   */
  links(place: Place, name?: string): Promise<Link[]>;
  /**
   * Names and altnames of all links in a place.
   *
   * @throws EnimError NOT_THERE if the netns is gone
   */
  names(place: Place): Promise<ReadonlySet<string>>;
  /**
   * Whether a link in a place has this name, or altname. Of hundreds of links on which many come and go, all cannot be seen at once
   * without asking again and again.
   *
   * @throws EnimError NOT_THERE if the netns is gone
   */
  isTaken(place: Place, name: string): Promise<boolean>;
  /**
   * The unicast routes of all tables and both families, without those that the kernel makes by itself for addresses: they come and go
   * with the address. A route with several next hops is one entry for each, of whichever device.
   *
   * @throws EnimError NOT_THERE if the netns is gone, LINK_FAILED if there is no such device
   */
  routes(place: Place, filter: RouteFilter): Promise<LinkRoute[]>;
  /**
   * The rules of policy routing, IPv4 first, in the order in which they are asked.
   *
   * @throws EnimError NOT_THERE if the netns is gone
   */
  rules(place: Place): Promise<Rule[]>;
  /**
   * The values of sysctls at home, by their paths (`/proc/sys/net/ipv4/conf/eth0/rp_filter`); those that there are not are left out.
   * Of a link they are as old as the last look at all links.
   */
  sysctls(paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * What went through the link of this name; null if it is not there, or nobody counts.
   *
   * @throws EnimError NOT_THERE if the netns is gone
   */
  counters(place: Place, name: string): Promise<Counters | null>;
  /** The device that leads from a place to an address; null if none does. */
  wayTo(place: Place, address: string): Promise<string | null>;
  /**
   * Carries the commands out in order, until the first that fails.
   *
   * @throws EnimError NOT_THERE if the netns is gone, LINK_FAILED with the kernel's answer if a command failed
   */
  change(place: Place, commands: readonly IpCommand[], options?: ChangeOptions): Promise<void>;
  /** Readies these places for being asked. */
  prepare(places: readonly Place[]): void;
  /** Leaves all places, and waits for it. */
  close(): Promise<void>;
}

interface ChangeOptions {
  /** The netns that the commands name by its path; none other that it leads to by now. */
  readonly into?: Exclude<Place, 'home'>;
  /** Goes on after a command that fails; whoever asks for it looks at the result afterwards. */
  readonly force?: boolean;
}

const WHAT_TO_DO = {
  NOT_THERE: 'see the named ones: ip netns list',
  NOT_PERMITTED: 'run enim as root, with CAP_SYS_ADMIN',
  LINK_FAILED: 'see what this process may have (ulimit -n), then try again',
};

/**
 * That a netns cannot be entered. Only one that is gone is NOT_THERE: of what is in any other nothing is known, and it must not count as
 * missing.
 *
 * @param reason a clause
 */
export function notEntered(code: keyof typeof WHAT_TO_DO, path: string, reason: string): EnimError {
  const cannot = code === 'NOT_PERMITTED' ? 'may not' : 'cannot';
  return new EnimError(code, `The netns ${path} ${cannot} be entered (${reason}).`, { hint: WHAT_TO_DO[code] });
}

/** That a command failed, in the words of the kernel or of `ip`. */
export function commandFailed(place: Place, command: IpCommand, reason: string): EnimError {
  const where = place === 'home' ? 'at home' : `in netns ${place.path}`;
  const isDenied = /not permitted/i.test(reason);
  return new EnimError(
    isDenied ? 'NOT_PERMITTED' : 'LINK_FAILED',
    `"ip ${command.join(' ')}" ${where}: ${reason}.`,
    isDenied ? { hint: 'run enim as root' } : {},
  );
}
