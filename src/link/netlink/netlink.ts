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
import { commandFailed, filterWords, type IpCommand, type Kernel, type Place } from '../kernel.js';
import { IFLA, RTM, SKIP_STATISTICS } from './constants.js';
import { attribute, type Message, text, u32 } from './message.js';
import {
  everyNameIn,
  indexIn,
  namesIn,
  namesOthers,
  readCounters,
  readLinks,
  readRoutes,
  sysctlsIn,
  wayIn,
} from './read.js';
import { reasonOf } from './reasons.js';
import { linkHeader, requestFor, routeQuestion } from './request.js';
import { RULE_HEADER, readRules } from './rules.js';
import { type NetlinkSocket, openSocket, Refusal } from './socket.js';
import type { Wire } from './wire.js';

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
  /** When all that was begun here is done. */
  idle: Promise<unknown>;
}

/** @param program carries out what is not known here */
export function openNetlink(calls: Libc, wire: Wire, program: Kernel): Kernel {
  const posts = new Map<string, Post>();

  /** Does some work at a post after all that was begun there before: a socket tells answers apart, not who waits for them. */
  const at = async <T>(place: Place, work: (post: Post) => Promise<T>): Promise<T> => {
    const key = place === 'home' ? '' : place.path;
    const post = posts.get(key) ?? takePost(() => openSocket(calls, wire), calls.setns, place);
    posts.set(key, post);
    const done = post.idle.then(() => work(post));
    post.idle = done.catch(() => undefined);
    return done;
  };

  const carryOut = async (place: Place, command: IpCommand): Promise<void> => {
    const isDone = await refusing(place, command, () => at(place, (post) => change(post, command)));
    if (!isDone) await program.change(place, [command]);
  };

  return {
    links: (place, name) =>
      at(place, async (post) => {
        post.links = null;
        if (name === undefined) return linksOf(post, await lookAtLinks(post));
        const link = await ifThere(() => askFor(post, name));
        return link === undefined ? [] : linksOf(post, [link]);
      }),

    names: (place) =>
      at(place, async (post) => {
        post.links = null;
        return new Set(everyNameIn(await lookAtLinks(post)).flatMap(([, names]) => names));
      }),

    async routes(place, filter) {
      const isDefault = 'to' in filter && filter.to === 'everywhere';
      const words = ['route', 'show', 'table', 'all', ...filterWords(filter)];
      return refusing(place, words, () =>
        at(place, async (post) => {
          const dump = () => post.socket.dump(RTM.getRoute, Buffer.alloc(ROUTE_HEADER));
          if ('dev' in filter) {
            const device = await indexOf(post, filter.dev);
            return readRoutes(await dump(), new Map([[device, filter.dev]]), { isDefault, device });
          }
          const routes = await dump();
          return readRoutes(routes, namesIn(await lookAtLinks(post)), { isDefault, device: null });
        }),
      );
    },

    async rules(place) {
      const look = ({ socket }: Post) => socket.dump(RTM.getRule, Buffer.alloc(RULE_HEADER));
      return readRules(await refusing(place, ['rule', 'show'], () => at(place, look)));
    },

    async sysctls(paths) {
      // With 256 links there would be over a thousand files to read.
      const told = await at('home', async (post) => new Map((await lookAtLinks(post)).flatMap(sysctlsIn)));
      const others = await program.sysctls(paths.filter((path) => !told.has(path)));
      const known = paths.flatMap((path) => {
        const value = told.get(path) ?? others.get(path);
        return value === undefined ? [] : [[path, value] as const];
      });
      return new Map(known);
    },

    async wayTo(place, address) {
      const question = routeQuestion(address);
      if (question === undefined) return program.wayTo(place, address);
      return at(place, async (post) => {
        const way = await ifThere(() => post.socket.get(question));
        const index = way === undefined ? undefined : wayIn(way);
        return index === undefined ? null : (namesIn(await lookAtLinks(post)).get(index) ?? null);
      });
    },

    async counters(place, name) {
      const body = Buffer.concat([linkHeader(0, 0, 0), attribute(IFLA.name, text(name))]);
      const look = ({ socket }: Post) => ifThere(() => socket.get({ type: RTM.getLink, flags: 0, body }));
      const answer = await at(place, look);
      return answer === undefined ? null : readCounters(answer);
    },

    async change(place, commands, { force = false } = {}) {
      for (const command of commands) {
        await carryOut(place, command).catch((thrown: unknown) => {
          if (!force || !isRefused(thrown)) throw thrown;
        });
      }
    },

    prepare() {},

    async close() {
      const left = [...posts.values()];
      posts.clear();
      for (const { socket, netns, idle } of left) {
        // A descriptor that is closed under a question would be another file's when the question is put.
        await idle;
        socket.close();
        if (netns !== null) closeSync(netns);
      }
      await program.close();
    },
  };
}

async function refusing<T>(place: Place, command: IpCommand, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof Refusal) throw commandFailed(place, command, reasonOf(thrown));
    throw thrown;
  }
}

async function ifThere<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof Refusal) return undefined;
    throw thrown;
  }
}

function takePost(open: () => NetlinkSocket, setns: Libc['setns'], place: Place): Post {
  const post = (socket: NetlinkSocket, netns: number | null): Post => ({
    ...{ socket, netns, indices: new Map(), links: null, idle: Promise.resolve() },
  });
  if (place === 'home') return post(open(), null);
  const netns = openNetns(place.path);
  try {
    return post(stepInto(netns, place.path, setns, open), netns);
  } catch (thrown) {
    closeSync(netns);
    throw thrown;
  }
}

function isRefused(thrown: unknown): boolean {
  return thrown instanceof EnimError && ['LINK_FAILED', 'NOT_PERMITTED'].includes(thrown.code);
}

/** Links just seen, with their addresses. */
async function linksOf(post: Post, links: readonly Message[]): Promise<Link[]> {
  const addresses = await post.socket.dump(RTM.getAddress, Buffer.alloc(ADDRESS_HEADER));
  return readLinks(links, addresses, links.some(namesOthers) ? namesIn(await lookAtLinks(post)) : new Map());
}

/** Words of commands after which a name may be another link's. */
const RENAMING = ['name', 'netns', 'altname'];

/** True once it is done; undefined if that is not for us. */
async function change(post: Post, command: IpCommand): Promise<true | undefined> {
  const indexOf = await indicesFor(post, command);
  let opened: number | undefined;
  try {
    const request = requestFor(command, {
      indexOf,
      openNetns(path) {
        opened = openNetns(path);
        return opened;
      },
    });
    post.links = null;
    if (command.some((word) => RENAMING.includes(word))) post.indices.clear();
    if (request === undefined) return undefined;
    failpoint('ask', 'the kernel');
    await post.socket.request(request);
    failpoint('answered', 'the kernel');
    return true;
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

/** The indices of the links that a command may name; that there is none of a name is thrown when it is asked for. */
async function indicesFor(post: Post, command: IpCommand): Promise<(name: string) => number> {
  const names = command.filter((_, at) => ['dev', 'master'].includes(command[at - 1] ?? ''));
  const found = new Map<string, number | Refusal>();
  for (const name of names) {
    const index = await indexOf(post, name).catch((thrown: unknown) => {
      if (thrown instanceof Refusal) return thrown;
      throw thrown;
    });
    found.set(name, index);
  }
  return (name) => {
    const index = found.get(name);
    if (typeof index !== 'number') throw index;
    return index;
  };
}

const WITHOUT_STATISTICS = attribute(IFLA.extMask, u32(SKIP_STATISTICS));

/** All links, as seen since they were asked for or changed last. */
async function lookAtLinks(post: Post): Promise<readonly Message[]> {
  if (post.links === null) {
    post.links = await post.socket.dump(RTM.getLink, Buffer.concat([linkHeader(0, 0, 0), WITHOUT_STATISTICS]));
    post.indices.clear();
    for (const [index, names] of everyNameIn(post.links)) for (const name of names) post.indices.set(name, index);
  }
  return post.links;
}

/**
 * The index of the link of this name, as last seen: if that was renamed since, by udev say, it is still the one that was meant. `if5`
 * is the link of index 5, if there is none of that name.
 */
async function indexOf(post: Post, name: string): Promise<number> {
  const known = post.indices.get(name) ?? indexNamed(post, name);
  if (known !== undefined) return known;
  const index = indexIn(await askFor(post, name));
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
async function askFor({ socket }: Post, name: string): Promise<Message> {
  const get = (index: number, ...attributes: readonly Buffer[]): Promise<Message> =>
    socket.get({
      type: RTM.getLink,
      flags: 0,
      body: Buffer.concat([linkHeader(index, 0, 0), WITHOUT_STATISTICS, ...attributes]),
    });
  try {
    return await get(0, attribute(IFLA.name, text(name)));
  } catch (thrown) {
    const index = numberOf(name);
    if (!(thrown instanceof Refusal)) throw thrown;
    if (index === undefined) throw new Refusal(thrown.errno, `Cannot find device "${name}"`);
    return get(index);
  }
}
