/** A netlink socket in one netns: questions to the kernel, and its answers (netlink(7), rtnetlink(7)). */
import { closeSync, readSync } from 'node:fs';
import type { Libc } from '../../libc.js';
import { EnimError } from '../../model/errors.js';
import type { Request } from './command.js';
import { NLM, NLMSG, NLMSGERR_MESSAGE } from './constants.js';
import { formatMessage, type Message, parseAttributes, parseMessages, readText } from './message.js';
import type { Wire } from './wire.js';

export const AF_NETLINK = 16;
export const SOCK_RAW_CLOEXEC = 3 | 0x80000;
export const NETLINK_ROUTE = 0;

export const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;

/**
 * The kernel fills at most 32 KiB at once, but for a message that is longer: a link may have 64 KiB of altnames, which whoever may
 * change it, a pod for one, can give it. What there is no room for would be lost.
 */
const READ_BYTES = 131_072;

/** A dump that another process's change interrupted is asked for anew, so often. */
const DUMP_TRIES = 20;

/** The kernel's no. */
export class Refusal extends Error {
  /**
   * @param errno its number, positive
   * @param words what the kernel says beside it, if anything
   */
  constructor(
    readonly errno: number,
    readonly words: string | undefined,
  ) {
    super(words ?? `errno ${errno}`);
  }
}

/** What can be asked, one thing after the other; everything throws `Refusal`. */
export interface NetlinkSocket {
  /** Has the kernel do it. */
  request(request: Request): Promise<void>;
  /** Asks for one thing. */
  get(request: Request): Promise<Message>;
  /** Asks for all of a kind. */
  dump(type: number, body: Buffer): Promise<Message[]>;
  close(): void;
}

/** Opens one in the netns that we are in; it stays there. */
export function openSocket(calls: Libc, wire: Wire): NetlinkSocket {
  const fd = makeSocket(calls);
  const room = Buffer.allocUnsafeSlow(READ_BYTES);
  let sequence = 0;

  const put = async (write: Wire['ask'], { type, flags, body }: Request): Promise<number> => {
    sequence += 1;
    const question = sequence;
    await write(fd, formatMessage({ type, flags: flags | NLM.request, sequence: question, body }));
    return question;
  };

  /** What answers a question, and is there already: the kernel has done what it was asked for. */
  const readAnswer = (question: number): Message[] =>
    answersIn(copy(room, readSync(fd, room, 0, READ_BYTES, null)), question);

  /** The next part of what answers a question. */
  const readPart = async (question: number): Promise<Message[]> =>
    answersIn(copy(room, await wire.read(fd, room)), question);

  const dumpOnce = async (type: number, body: Buffer): Promise<Message[] | undefined> => {
    const question = await put(wire.ask, { type, flags: NLM.dump, body });
    const found: Message[] = [];
    for (;;) {
      const answers = await readPart(question);
      found.push(...answers.filter((each) => each.type !== NLMSG.done));
      if (answers.some((each) => each.type === NLMSG.done)) break;
    }
    return found.some(({ flags }) => (flags & NLM.dumpInterrupted) !== 0) ? undefined : found;
  };

  return {
    async request({ type, flags, body }) {
      const question = await put(wire.order, { type, flags: flags | NLM.acknowledge, body });
      while (readAnswer(question).every((answer) => answer.type !== NLMSG.error));
    },
    async get(request) {
      const question = await put(wire.ask, request);
      for (;;) {
        const [answer] = readAnswer(question);
        if (answer !== undefined) return answer;
      }
    },
    async dump(type, body) {
      for (let tries = 1; ; tries += 1) {
        const found = await dumpOnce(type, body);
        if (found !== undefined) return found;
        if (tries === DUMP_TRIES) {
          throw new EnimError('BUSY', 'The links of the node change faster than they can be read.', {
            hint: 'try again',
          });
        }
      }
    },
    close: () => closeSync(fd),
  };
}

/** What was read, which is mostly far less than there is room for. */
function copy(room: Buffer, length: number): Buffer {
  return Buffer.from(room.subarray(0, length));
}

/** The messages in what one read gave that answer this question; throws its refusal. */
function answersIn(bytes: Buffer, question: number): Message[] {
  const answers = parseMessages(bytes).filter(({ sequence }) => sequence === question);
  for (const answer of answers) if (answer.type === NLMSG.error) refuse(answer);
  return answers;
}

/** An acknowledgement is an error of number 0. */
function refuse({ flags, body }: Message): void {
  const errno = -body.readInt32LE(0);
  if (errno === 0) return;
  // Behind the number stands the request that it is about: all of it, or its header alone.
  const request = (flags & NLM.capped) === 0 ? body.readUInt32LE(4) : 16;
  const hasWords = (flags & NLM.acknowledgeAttributes) !== 0;
  const words = hasWords ? parseAttributes(body.subarray(4 + ((request + 3) & ~3))).get(NLMSGERR_MESSAGE) : undefined;
  throw new Refusal(errno, words === undefined ? undefined : readText(words));
}

function makeSocket(calls: Libc): number {
  const fd = calls.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) {
    throw new EnimError('LINK_FAILED', 'The kernel opens no netlink socket for us.', {
      hint: 'see whether this process may have one (ulimit -n; its seccomp profile)',
    });
  }
  const on = new Int32Array([1]);
  // Answers in words, and short. Kernels before 4.12 know neither.
  for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK]) calls.setsockopt(fd, SOL_NETLINK, option, on, on.byteLength);
  return fd;
}
