/**
 * `ip` without the program: its commands as netlink requests of our own process, which takes a thirtieth of the time. Whatever only
 * the program can do is left to it.
 */
import { closeSync } from 'node:fs';
import { failpoint } from '../../failpoint.js';
import type { Libc } from '../../libc.js';
import { EnimError } from '../../model/errors.js';
import { openNetns, stepInto } from '../enter.js';
import { commandFailed, type IpCommand, type IpSession, isListing, type Place } from '../ip.js';
import { IFLA, RTM, SKIP_STATISTICS } from './constants.js';
import { attribute, type Message, text, u32 } from './message.js';
import { reasonOf } from './reasons.js';
import { linkHeader, requestFor, routeQuestion } from './request.js';
import { namesOf, showAddresses, showRoutes } from './show.js';
import { type NetlinkSocket, openNetlink, Refusal } from './socket.js';

/** A socket in a netns, and a descriptor of that netns: as long as we keep it alive, others must be able to find it. */
interface Post {
  readonly socket: NetlinkSocket;
  readonly netns: number | null;
}

/** @param program carries out what is not known here */
export function openNetlinkSession(calls: Libc, program: IpSession): IpSession {
  const posts = new Map<string, Post>();

  const postAt = (place: Place): Post => {
    const key = place === 'home' ? '' : place.path;
    const post = posts.get(key) ?? takePost(calls, place);
    posts.set(key, post);
    return post;
  };

  const carryOut = async (place: Place, command: IpCommand): Promise<unknown> => {
    const { socket } = postAt(place);
    try {
      const document = isListing(command) ? list(socket, command) : change(socket, command);
      if (document !== undefined) return document;
    } catch (thrown) {
      if (thrown instanceof Refusal) throw commandFailed(place, command, reasonOf(thrown));
      throw thrown;
    }
    return (await program.ip(place, [command]))[0];
  };

  return {
    async ip(place, commands, { force = false } = {}) {
      const documents: unknown[] = [];
      for (const command of commands) {
        const document = await carryOut(place, command).catch((thrown: unknown) => {
          if (!force || !isRefused(thrown)) throw thrown;
        });
        if (isListing(command)) documents.push(document);
      }
      return documents;
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

function takePost(calls: Libc, place: Place): Post {
  if (place === 'home') return { socket: openNetlink(calls), netns: null };
  const netns = openNetns(place.path);
  try {
    return { socket: stepInto(netns, place.path, calls.setns, () => openNetlink(calls)), netns };
  } catch (thrown) {
    closeSync(netns);
    throw thrown;
  }
}

function isRefused(thrown: unknown): boolean {
  return thrown instanceof EnimError && ['LINK_FAILED', 'NOT_PERMITTED'].includes(thrown.code);
}

/** The document; undefined if that is not for us. */
function list(socket: NetlinkSocket, [what, verb, ...rest]: IpCommand): unknown {
  const [by, name] = rest.slice(-2);
  const device = by === 'dev' && name !== undefined ? name : null;
  const scope = (device === null ? rest : rest.slice(0, -2)).join(' ');
  switch (`${what} ${verb} ${scope}`.trim()) {
    case 'address show': {
      const links = device === null ? dumpLinks(socket) : [getLink(socket, device)];
      return showAddresses(links, socket.dump(RTM.getAddress, Buffer.alloc(8)));
    }
    case 'route show table all':
    case 'route show table all default': {
      const routes = socket.dump(RTM.getRoute, Buffer.alloc(12));
      const through = device === null ? null : indexOf(socket, device);
      return showRoutes(routes, namesOf(dumpLinks(socket)), { isDefault: scope.endsWith('default'), device: through });
    }
    case `route get ${scope}`: {
      const question = routeQuestion(scope);
      if (question === undefined) return undefined;
      return showRoutes([socket.get(question)], namesOf(dumpLinks(socket)), { isDefault: false, device: null });
    }
    default:
      return undefined;
  }
}

/** True once it is done; undefined if that is not for us. */
function change(socket: NetlinkSocket, command: IpCommand): true | undefined {
  let opened: number | undefined;
  try {
    const request = requestFor(command, {
      indexOf: (name) => indexOf(socket, name),
      openNetns(path) {
        opened = openNetns(path);
        return opened;
      },
    });
    if (request === undefined) return undefined;
    failpoint('ask', 'the kernel');
    socket.request(request);
    failpoint('answered', 'the kernel');
    return true;
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

const WITHOUT_STATISTICS = attribute(IFLA.extMask, u32(SKIP_STATISTICS));

function dumpLinks(socket: NetlinkSocket): Message[] {
  return socket.dump(RTM.getLink, Buffer.concat([linkHeader(0, 0, 0), WITHOUT_STATISTICS]));
}

/** The link of this name; `if5` is that of index 5, if there is none of that name. */
function getLink(socket: NetlinkSocket, name: string): Message {
  const get = (index: number, ...attributes: readonly Buffer[]): Message =>
    socket.get({
      type: RTM.getLink,
      flags: 0,
      body: Buffer.concat([linkHeader(index, 0, 0), WITHOUT_STATISTICS, ...attributes]),
    });
  try {
    return get(0, attribute(IFLA.name, text(name)));
  } catch (thrown) {
    const index = /^if([1-9]\d{0,8})$/.exec(name)?.[1];
    if (!(thrown instanceof Refusal)) throw thrown;
    if (index === undefined) throw new Refusal(thrown.errno, `Cannot find device "${name}"`);
    return get(Number(index));
  }
}

function indexOf(socket: NetlinkSocket, name: string): number {
  return getLink(socket, name).body.readInt32LE(4);
}
