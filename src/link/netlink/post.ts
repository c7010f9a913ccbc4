/** Posts: what it takes to ask in one netns, and what was seen there. */
import { closeSync } from 'node:fs';
import type { Libc } from '../../libc.js';
import type { Link } from '../../model/link.js';
import { openNetns, stepInto } from '../enter.js';
import type { Place } from '../kernel.js';
import type { Request } from './command.js';
import { IFLA, RTM, SKIP_STATISTICS } from './constants.js';
import { linkHeader } from './linkrequest.js';
import { attribute, type Message, text, u32 } from './message.js';
import { everyNameIn, indexIn, namesIn, namesOthers, readLinks } from './read.js';
import { type NetlinkSocket, openSocket, Refusal } from './socket.js';
import type { Wire } from './wire.js';

/** Of `struct ifaddrmsg`, which a question leaves empty. */
const ADDRESS_HEADER = 8;

/**
 * A socket in a netns, and what was seen there. Every look at links waits for each move that is under way on the node (the kernel has
 * one lock for all), so nothing is asked twice.
 */
export interface Post {
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

/** @throws EnimError NOT_THERE if the netns is gone */
export function takePost(calls: Libc, wire: Wire, place: Place): Post {
  const post = (socket: NetlinkSocket, netns: number | null): Post => ({
    ...{ socket, netns, indices: new Map(), links: null, idle: Promise.resolve() },
  });
  if (place === 'home') return post(openSocket(calls, wire), null);
  const netns = openNetns(place);
  try {
    return post(
      stepInto(netns, place.path, calls.setns, () => openSocket(calls, wire)),
      netns,
    );
  } catch (thrown) {
    closeSync(netns);
    throw thrown;
  }
}

/** Forgets what was seen. */
export function forget(post: Post): void {
  post.links = null;
  post.indices.clear();
}

/** Undefined where the kernel refuses. */
export async function ifThere<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof Refusal) return undefined;
    throw thrown;
  }
}

/** Links just seen, with their addresses. */
export async function linksOf(post: Post, links: readonly Message[]): Promise<Link[]> {
  const addresses = await post.socket.dump(RTM.getAddress, Buffer.alloc(ADDRESS_HEADER));
  return readLinks(links, addresses, links.some(namesOthers) ? namesIn(await lookAtLinks(post)) : new Map());
}

const WITHOUT_STATISTICS = attribute(IFLA.extMask, u32(SKIP_STATISTICS));

/** All links, as seen since they were asked for or changed last. */
export async function lookAtLinks(post: Post): Promise<readonly Message[]> {
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
export async function indexOf(post: Post, name: string): Promise<number> {
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

/** 5 for the word `if5`. */
export function numberOf(name: string): number | undefined {
  const digits = /^if([1-9]\d{0,8})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The link of this name, or of the index that it stands for, just asked for. */
export async function askFor(post: Post, name: string): Promise<Message> {
  const index = numberOf(name);
  if (index !== undefined && post.indices.get(name) === index) return askForIndex(post, index);
  try {
    return await askForName(post, name);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    if (index === undefined) throw new Refusal(thrown.errno, `Cannot find device "${name}"`);
    return askForIndex(post, index);
  }
}

/** The link that has this name, or altname. */
export function askForName({ socket }: Post, name: string): Promise<Message> {
  return socket.get(linkQuestion(0, attribute(IFLA.name, text(name))));
}

function askForIndex({ socket }: Post, index: number): Promise<Message> {
  return socket.get(linkQuestion(index));
}

function linkQuestion(index: number, ...attributes: readonly Buffer[]): Request {
  return {
    type: RTM.getLink,
    flags: 0,
    body: Buffer.concat([linkHeader(index, 0, 0), WITHOUT_STATISTICS, ...attributes]),
  };
}
