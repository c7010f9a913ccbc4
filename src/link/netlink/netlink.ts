/**
 * `ip` without the program: its commands as netlink requests of our own process, which takes a tenth of the time. Whatever only
 * the program can do is left to it.
 */
import { closeSync } from 'node:fs';
import { failpoint } from '../../failpoint.js';
import type { Libc } from '../../libc.js';
import { EnimError } from '../../model/errors.js';
import type { Link } from '../../model/link.js';
import { openNetns, stepInto } from '../enter.js';
import { commandFailed, type IpCommand, type Kernel, type Place } from '../kernel.js';
import { IFLA, RTM, SKIP_STATISTICS } from './constants.js';
import { attribute, type Message, text, u32 } from './message.js';
import { everyNameIn, indexIn, namesIn, namesOthers, readCounters, readLinks, readRoutes, wayIn } from './read.js';
import { reasonOf } from './reasons.js';
import { linkHeader, requestFor, routeQuestion } from './request.js';
import { RULE_HEADER, readRules } from './rules.js';
import { type NetlinkSocket, openSocket, Refusal } from './socket.js';

/** Of `struct ifaddrmsg` and `rtmsg`, which a question leaves empty. */
const ADDRESS_HEADER = 8;
const ROUTE_HEADER = 12;

/**
 * A socket in a netns, and what was seen there. Every look at links waits for each move that is under way on the node (the kernel has
 * one lock for all), so nothing is asked twice.
 */
interface Post {
  readonly socket: NetlinkSocket;
  /** A descriptor of the netns: as long as we keep it alive, others must be able to find it. */
  readonly netns: number | null;
  /** Indices of links by name and altname, as last seen; emptied by whatever changes a name. */
  readonly indices: Map<string, number>;
  /** The links as seen since they were asked for or changed last. */
  links: readonly Message[] | null;
}

/** @param program carries out what is not known here */
export function openNetlink(calls: Libc, program: Kernel): Kernel {
  const posts = new Map<string, Post>();

  const postAt = (place: Place): Post => {
    const key = place === 'home' ? '' : place.path;
    const post = posts.get(key) ?? takePost(calls, place);
    posts.set(key, post);
    return post;
  };

  const carryOut = async (place: Place, command: IpCommand): Promise<void> => {
    const isDone = refusing(place, command, () => change(postAt(place), command));
    if (!isDone) await program.change(place, [command]);
  };

  return {
    async links(place, name) {
      await hear();
      const post = postAt(place);
      post.links = null;
      if (name === undefined) return linksOf(post, lookAtLinks(post));
      const link = ifThere(() => askFor(post, name));
      return link === undefined ? [] : linksOf(post, [link]);
    },

    async routes(place, filter) {
      const post = postAt(place);
      const isDefault = 'to' in filter;
      const words = ['route', 'show', 'table', 'all', ...(isDefault ? ['default'] : ['dev', filter.dev])];
      return refusing(place, words, () => {
        const device = isDefault ? null : indexOf(post, filter.dev);
        const routes = post.socket.dump(RTM.getRoute, Buffer.alloc(ROUTE_HEADER));
        return readRoutes(routes, namesIn(lookAtLinks(post)), { isDefault, device });
      });
    },

    async rules(place) {
      return refusing(place, ['rule', 'show'], () =>
        readRules(postAt(place).socket.dump(RTM.getRule, Buffer.alloc(RULE_HEADER))),
      );
    },

    async wayTo(place, address) {
      const post = postAt(place);
      const question = routeQuestion(address);
      if (question === undefined) return program.wayTo(place, address);
      const way = ifThere(() => post.socket.get(question));
      const index = way === undefined ? undefined : wayIn(way);
      return index === undefined ? null : (namesIn(lookAtLinks(post)).get(index) ?? null);
    },

    async counters(place, name) {
      const { socket } = postAt(place);
      const named = attribute(IFLA.name, text(name));
      const body = Buffer.concat([linkHeader(0, 0, 0), named]);
      const answer = ifThere(() => socket.get({ type: RTM.getLink, flags: 0, body }));
      return answer === undefined ? null : readCounters(answer);
    },

    async change(place, commands, { force = false } = {}) {
      for (const command of commands) {
        await carryOut(place, command).catch((thrown: unknown) => {
          if (!force || !isRefused(thrown)) throw thrown;
        });
      }
      await hear();
    },

    prepare() {},

    async close() {
      for (const { socket, netns } of posts.values()) {
        socket.close();
        if (netns !== null) closeSync(netns);
      }
      posts.clear();
      await program.close();
    },
  };
}

/**
 * Lets this process hear what has come meanwhile, signals above all: while the kernel works for us it hears nothing, and what follows
 * without a pause would not let it, either.
 */
function hear(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function refusing<T>(place: Place, command: IpCommand, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof Refusal) throw commandFailed(place, command, reasonOf(thrown));
    throw thrown;
  }
}

function ifThere<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof Refusal) return undefined;
    throw thrown;
  }
}

function takePost(calls: Libc, place: Place): Post {
  const post = (socket: NetlinkSocket, netns: number | null): Post => ({
    ...{ socket, netns, indices: new Map(), links: null },
  });
  if (place === 'home') return post(openSocket(calls), null);
  const netns = openNetns(place.path);
  try {
    return post(
      stepInto(netns, place.path, calls.setns, () => openSocket(calls)),
      netns,
    );
  } catch (thrown) {
    closeSync(netns);
    throw thrown;
  }
}

function isRefused(thrown: unknown): boolean {
  return thrown instanceof EnimError && ['LINK_FAILED', 'NOT_PERMITTED'].includes(thrown.code);
}

/** Links just seen, with their addresses. */
function linksOf(post: Post, links: readonly Message[]): Link[] {
  const addresses = post.socket.dump(RTM.getAddress, Buffer.alloc(ADDRESS_HEADER));
  return readLinks(links, addresses, links.some(namesOthers) ? namesIn(lookAtLinks(post)) : new Map());
}

/** Words of commands after which a name may be another link's. */
const RENAMING = ['name', 'netns', 'altname'];

/** True once it is done; undefined if that is not for us. */
function change(post: Post, command: IpCommand): true | undefined {
  let opened: number | undefined;
  try {
    const request = requestFor(command, {
      indexOf: (name) => indexOf(post, name),
      openNetns(path) {
        opened = openNetns(path);
        return opened;
      },
    });
    post.links = null;
    if (command.some((word) => RENAMING.includes(word))) post.indices.clear();
    if (request === undefined) return undefined;
    failpoint('ask', 'the kernel');
    post.socket.request(request);
    failpoint('answered', 'the kernel');
    return true;
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

const WITHOUT_STATISTICS = attribute(IFLA.extMask, u32(SKIP_STATISTICS));

/** All links, as seen since they were asked for or changed last. */
function lookAtLinks(post: Post): readonly Message[] {
  if (post.links === null) {
    post.links = post.socket.dump(RTM.getLink, Buffer.concat([linkHeader(0, 0, 0), WITHOUT_STATISTICS]));
    post.indices.clear();
    for (const [index, names] of everyNameIn(post.links)) for (const name of names) post.indices.set(name, index);
  }
  return post.links;
}

/**
 * The index of the link of this name, as last seen: if that was renamed since, by udev say, it is still the one that was meant. `if5`
 * is the link of index 5, if there is none of that name.
 */
function indexOf(post: Post, name: string): number {
  const known = post.indices.get(name) ?? indexNamed(post, name);
  if (known !== undefined) return known;
  const index = indexIn(askFor(post, name));
  post.indices.set(name, index);
  return index;
}

/** For a word such as `if5` where the links were looked at and none has it for a name: 5, if there is a link of that index. */
function indexNamed({ indices }: Post, name: string): number | undefined {
  const index = numberOf(name);
  return index !== undefined && [...indices.values()].includes(index) ? index : undefined;
}

function numberOf(name: string): number | undefined {
  const digits = /^if([1-9]\d{0,8})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The link of this name, just asked for. */
function askFor({ socket }: Post, name: string): Message {
  const get = (index: number, ...attributes: readonly Buffer[]): Message =>
    socket.get({
      type: RTM.getLink,
      flags: 0,
      body: Buffer.concat([linkHeader(index, 0, 0), WITHOUT_STATISTICS, ...attributes]),
    });
  try {
    return get(0, attribute(IFLA.name, text(name)));
  } catch (thrown) {
    const index = numberOf(name);
    if (!(thrown instanceof Refusal)) throw thrown;
    if (index === undefined) throw new Refusal(thrown.errno, `Cannot find device "${name}"`);
    return get(index);
  }
}
