/** Hearing of changes as they happen: the kernel tells whoever joins its group of each link that comes, goes, or becomes another. */
import { closeSync, writeSync } from 'node:fs';
import type { Libc } from '../../libc.js';
import { RTM } from './constants.js';
import { linkHeader } from './linkrequest.js';
import { formatMessage } from './message.js';
import { AF_NETLINK, NETLINK_ROUTE, SOCK_RAW_CLOEXEC, SOL_NETLINK } from './socket.js';

const SOCK_NONBLOCK = 0x800;
const NETLINK_ADD_MEMBERSHIP = 1;
/** What is lost in a burst need not be said: one change that is heard is enough. */
const NETLINK_NO_ENOBUFS = 5;
const RTNLGRP_LINK = 1;

/** Index of the loopback's link in every netns. */
const LOOPBACK = 1;

/**
 * @param calls of libc
 * @param onChange called after each change of a link in our own netns, and once at the start
 * @returns ends it; undefined if the kernel gives no such socket
 */
export function monitorLinks(calls: Libc, onChange: () => void): (() => void) | undefined {
  if (typeof Bun === 'undefined') return undefined;
  const fd = calls.socket(AF_NETLINK, SOCK_RAW_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (fd < 0) return undefined;
  const set = (option: number, value: number): number =>
    calls.setsockopt(fd, SOL_NETLINK, option, new Int32Array([value]), 4);
  set(NETLINK_NO_ENOBUFS, 1);
  if (set(NETLINK_ADD_MEMBERSHIP, RTNLGRP_LINK) !== 0) {
    closeSync(fd);
    return undefined;
  }
  // A socket has an address only once it has sent something, and to one without the kernel tells nothing.
  const question = { type: RTM.getLink, flags: 1, sequence: 1, body: linkHeader(LOOPBACK, 0, 0) };
  writeSync(fd, formatMessage(question));
  const reader = Bun.file(fd).stream().getReader();
  void hear(reader, onChange);
  return () => void reader.cancel().then(() => closeSync(fd));
}

async function hear(reader: ReadableStreamDefaultReader<Uint8Array>, onChange: () => void): Promise<void> {
  try {
    while (!(await reader.read()).done) onChange();
  } catch {
    // Deaf from now on; whoever wants to know looks from time to time as well.
  }
}
