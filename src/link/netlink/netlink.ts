/**
 * `ip` without the program: its commands as netlink requests of our own process, which takes a tenth of the time. Whatever only
 * the program can do is left to it.
 */
import { closeSync } from 'node:fs';
import { failpoint } from '../../failpoint.js';
import type { Libc } from '../../libc.js';
import { EnimError } from '../../model/errors.js';
import { openNetns } from '../enter.js';
import { commandFailed, filterWords, type IpCommand, type Kernel, type Place, placeKey } from '../kernel.js';
import { IFLA, RTM } from './constants.js';
import { linkHeader } from './linkrequest.js';
import { attribute, text } from './message.js';
import {
  askFor,
  askForName,
  forget,
  ifThere,
  indexOf,
  linksOf,
  lookAtLinks,
  numberOf,
  type Post,
  takePost,
} from './post.js';
import { everyNameIn, namesIn, readCounters, readRoutes, sysctlsIn, wayIn } from './read.js';
import { reasonOf } from './reasons.js';
import { requestFor, routeQuestion } from './request.js';
import { RULE_HEADER, readRules } from './rules.js';
import { Refusal } from './socket.js';
import type { Wire } from './wire.js';

/** Of `struct rtmsg`, which a question leaves empty. */
const ROUTE_HEADER = 12;

/** @param program carries out what is not known here */
export function openNetlink(calls: Libc, wire: Wire, program: Kernel): Kernel {
  const posts = new Map<string, Post>();

  /** Does some work at a post after all that was begun there before: a socket tells answers apart, not who waits for them. */
  const at = async <T>(place: Place, work: (post: Post) => Promise<T>): Promise<T> => {
    const key = placeKey(place);
    const post = posts.get(key) ?? takePost(calls, wire, place);
    posts.set(key, post);
    const done = post.idle.then(() => work(post));
    post.idle = done.catch(() => undefined);
    return done;
  };

  const carryOut = async (place: Place, command: IpCommand, into: Into): Promise<void> => {
    try {
      const isDone = await refusing(place, command, () => at(place, (post) => change(post, command, into)));
      if (!isDone) await program.change(place, [command], into);
    } finally {
      // What moves gets its new name in another place.
      if (command.includes('netns')) for (const post of posts.values()) forget(post);
    }
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

    isTaken: (place, name) =>
      at(place, async (post) => {
        const isTaken = (await ifThere(() => askForName(post, name))) !== undefined;
        // What is nobody's name may stand for an index.
        const index = numberOf(name);
        if (!isTaken && index !== undefined) post.indices.set(name, index);
        return isTaken;
      }),

    async routes(place, filter) {
      const isDefault = 'to' in filter && filter.to === 'everywhere';
      const words = ['route', 'show', 'table', 'all', ...filterWords(filter)];
      return refusing(place, words, () =>
        at(place, async (post) => {
          const dump = () => post.socket.dump(RTM.getRoute, Buffer.alloc(ROUTE_HEADER));
          if ('dev' in filter) {
            const device = await indexOf(post, filter.dev);
            const names = new Map([[device, filter.dev]]);
            const routes = await dump();
            const seen = readRoutes(routes, names, { isDefault, device });
            // A next hop of another device.
            if (seen.every(({ dev }) => dev !== '')) return seen;
            return readRoutes(routes, new Map([...namesIn(await lookAtLinks(post)), ...names]), { isDefault, device });
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

    async change(place, commands, { force = false, ...into } = {}) {
      for (const command of commands) {
        await carryOut(place, command, into).catch((thrown: unknown) => {
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

function isRefused(thrown: unknown): boolean {
  return thrown instanceof EnimError && ['LINK_FAILED', 'NOT_PERMITTED'].includes(thrown.code);
}

type Into = Pick<NonNullable<Parameters<Kernel['change']>[2]>, 'into'>;

/** Words of commands after which a name may be another link's. */
const RENAMING = ['name', 'altname'];

/** True once it is done; undefined if that is not for us. */
async function change(post: Post, command: IpCommand, { into }: Into): Promise<true | undefined> {
  const indexOf = await indicesFor(post, command);
  let opened: number | undefined;
  try {
    const request = requestFor(command, {
      indexOf,
      openNetns(path) {
        opened = openNetns({ ...into, path });
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
