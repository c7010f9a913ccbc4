/**
 * `ip` as the program of iproute2: one `ip -batch -` for each netns, in our own netns or, through nsenter, in another.
 * nsenter keeps the host's /sys and takes any path, which `ip -n` does not.
 */
import { statSync } from 'node:fs';
import type { Conversation, Outcome, Programs } from '../exec.js';
import { EnimError } from '../model/errors.js';
import { namesOf } from '../model/link.js';
import type { Rule } from '../model/rule.js';
import { replaced } from './enter.js';
import { commandFailed, filterWords, type IpCommand, type Kernel, notEntered, type Place, placeKey } from './kernel.js';
import {
  parseCounters,
  parseDocument,
  parseLinks,
  parseMultipath,
  parseRoutes,
  parseRules,
  parseWay,
} from './parse.js';
import { readFiles } from './sysctls.js';

/** A process that is spoken to, and the number of lines that it was sent. */
interface Speaker {
  readonly conversation: Conversation;
  sent: number;
}

/**
 * Asked to see that the commands before it are done. Index 1 is the loopback's in every netns, whatever its name. Not `link show`:
 * after it the same `ip` process leaves the addresses out of `address show` (measured, 6.1).
 */
const ARE_YOU_DONE: IpCommand = ['address', 'show', 'dev', 'if1'];

/** Arguments of an `ip` that is spoken to. */
const BATCH = ['-j', '-d', '-batch', '-'];

/** Whether a command line is that of an `ip` which some enim speaks to: such a process visits a netns and does not live there. */
export function isVisitor(argv: readonly string[]): boolean {
  const command = argv[0] === 'nsenter' ? argv.slice(3) : argv;
  return command.join(' ') === ['ip', ...BATCH].join(' ');
}

/** @param keepOpen descriptors that the processes inherit: the locks of what is being changed */
export function openIproute2(programs: Programs, keepOpen: readonly number[]): Kernel {
  const speakers = new Map<string, Speaker>();

  const speakerIn = (place: Place, key = placeKey(place)): Speaker => {
    const known = speakers.get(key);
    if (known !== undefined) return known;
    refuseReplaced(place);
    const [program, args] = commandIn(place, 'ip', BATCH);
    const speaker = { conversation: programs.converse(program, args, { keepOpen }), sent: 0 };
    speakers.set(key, speaker);
    return speaker;
  };

  /** Has the lines carried out, the last of which prints a document. */
  const tell = async (place: Place, lines: readonly IpCommand[], key?: string): Promise<string | Failure> => {
    const speaker = speakerIn(place, key);
    const before = speaker.sent;
    speaker.sent += lines.length;
    const text = lines.map((line) => `${batchLine(line)}\n`).join('');
    const { lines: printed, ended } = await speaker.conversation.ask(text, 1);
    if (ended === null) return printed[0] ?? '';
    speakers.delete(key ?? placeKey(place));
    return { at: failedLine(ended.stderr) - before - 1, ended };
  };

  const show = async (place: Place, command: IpCommand, key?: string): Promise<unknown> => {
    const answer = await tell(place, [command], key);
    if (typeof answer === 'string') return parseDocument(answer);
    throw failure(place, command, answer.ended);
  };

  const alone = async (place: Place, command: IpCommand): Promise<Failure | null> => {
    const [program, args] = commandIn(place, 'ip', command);
    const ended = await programs.run(program, args, { keepOpen });
    return ended.code === 0 ? null : { at: 0, ended };
  };

  const together = async (place: Place, commands: readonly IpCommand[]): Promise<Failure | null> => {
    const answer = await tell(place, [...commands, ARE_YOU_DONE]);
    return typeof answer === 'string' ? null : answer;
  };

  const links: Kernel['links'] = async (place, name) => {
    const command = ['address', 'show', ...(name === undefined ? [] : ['dev', name])];
    try {
      const seen = await show(place, command);
      // By a process of its own, which has no addresses to leave out; of all, for it does not find one by its index.
      return parseLinks(seen, await show(place, ['link', 'show'], `modes ${placeKey(place)}`));
    } catch (thrown) {
      if (name !== undefined && thrown instanceof EnimError && /does not exist/.test(thrown.message)) return [];
      throw thrown;
    }
  };

  return {
    links,
    names: async (place) => namesOf(await links(place)),
    isTaken: async (place, name) => namesOf(await links(place, name)).has(name),

    async routes(place, filter) {
      const all = ['route', 'show', 'table', 'all'];
      const seen = await show(place, [...all, ...filterWords(filter)]);
      if (!('dev' in filter)) return parseRoutes(seen);
      return [...parseRoutes(seen, filter.dev), ...parseMultipath(await show(place, all), filter.dev)];
    },

    sysctls: async (paths) => readFiles(paths),

    async rules(place) {
      const rules: Rule[] = [];
      for (const family of [4, 6] as const) {
        const command = [`-${family}`, 'rule', 'show'];
        const [program, args] = commandIn(place, 'ip', ['-j', '-d', ...command]);
        const ended = await programs.run(program, args, { keepOpen });
        if (ended.code === 0) rules.push(...parseRules(parseDocument(ended.stdout), family));
        // A kernel without IPv6 has no rules of it either.
        else if (family === 4 || !/not supported/.test(ended.stderr)) throw failure(place, command, ended);
      }
      return rules;
    },

    async wayTo(place, address) {
      try {
        return parseWay(await show(place, ['route', 'get', address]));
      } catch (thrown) {
        if (thrown instanceof EnimError && thrown.code === 'LINK_FAILED') return null;
        throw thrown;
      }
    },

    async counters(place, name) {
      const [program, args] = commandIn(place, 'ip', ['-j', '-s', 'link', 'show', 'dev', name]);
      const ended = await programs.run(program, args);
      return ended.code === 0 ? parseCounters(parseDocument(ended.stdout)) : null;
    },

    async change(place, commands, { force = false, into } = {}) {
      if (into !== undefined) refuseReplaced(into);
      let rest = commands;
      while (rest.length > 0) {
        const unfit = rest.findIndex((command) => !fitsBatch(command));
        const next = unfit === 0 ? rest.slice(0, 1) : rest.slice(0, unfit < 0 ? rest.length : unfit);
        const failed = await (unfit === 0 ? alone(place, next[0] ?? []) : together(place, next));
        const command = failed === null ? undefined : next[failed.at];
        if (failed !== null && !(force && command !== undefined))
          throw failure(place, command ?? next[0] ?? [], failed.ended);
        rest = rest.slice(failed === null ? next.length : failed.at + 1);
      }
    },

    prepare(places) {
      // Only who asks there needs to be told.
      for (const place of places) if (place === 'home' || !isReplaced(place)) speakerIn(place);
    },

    async close() {
      const ending = [...speakers.values()].map(({ conversation }) => conversation.end());
      speakers.clear();
      await Promise.allSettled(ending);
    },
  };
}

/** Whether the path leads to a netns at all, the program finds out; that it is another one, only we can tell. */
function refuseReplaced(place: Place): void {
  if (place !== 'home' && isReplaced(place)) throw replaced(place.path);
}

function isReplaced({ path, inode }: Exclude<Place, 'home'>): boolean {
  const there = inodeAt(path);
  return inode !== undefined && there !== undefined && there !== inode;
}

function inodeAt(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}

interface Failure {
  /** Index of the command that failed; out of range if `ip` ended for another reason. */
  readonly at: number;
  readonly ended: Outcome;
}

/** A program and its arguments, so that it runs in `place`. */
export function commandIn(place: Place, program: string, args: readonly string[]): [string, string[]] {
  return place === 'home' ? [program, [...args]] : ['nsenter', [`--net=${place.path}`, '--', program, ...args]];
}

/** Number of the line of the batch that failed, from 1; not a number if none is named. */
function failedLine(stderr: string): number {
  return Number(/Command failed -:(\d+)/.exec(stderr)?.[1] ?? Number.NaN);
}

/** The batch syntax has no escapes: `#`, quotes, backslashes and line ends cannot be written in it. It knows no options (`-6`) either. */
function fitsBatch(command: IpCommand): boolean {
  return command[0]?.startsWith('-') !== true && !command.some((argument) => /[#"'\\\r\n]/.test(argument));
}

function batchLine(command: IpCommand): string {
  return command.map((argument) => (argument === '' || /\s/.test(argument) ? `"${argument}"` : argument)).join(' ');
}

function failure(place: Place, command: IpCommand, { code, stderr }: Outcome): Error {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const silent = code === null ? 'it was killed' : 'no message';
  const answer = lines.find((line) => !line.startsWith('Command failed')) ?? silent;
  if (place !== 'home' && answer.startsWith('nsenter:')) return shut(place.path, answer.replace('nsenter: ', ''));
  return commandFailed(place, command, answer.replace(/^(RTNETLINK answers|Error): /, '').replace(/\.$/, ''));
}

/** Why nsenter could not enter. */
function shut(path: string, reason: string): Error {
  const isGone = /No such|Not a directory|Too many levels|name too long|Invalid argument/.test(reason);
  if (isGone) return notEntered('NOT_THERE', path, reason);
  return notEntered(/denied|not permitted/.test(reason) ? 'NOT_PERMITTED' : 'LINK_FAILED', path, reason);
}
