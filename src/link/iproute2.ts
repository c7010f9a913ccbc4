/**
 * `ip` as the program of iproute2: one `ip -batch -` for each netns, in our own netns or, through nsenter, in another.
 * nsenter keeps the host's /sys and takes any path, which `ip -n` does not.
 */
import type { Conversation, Outcome, Programs } from '../exec.js';
import { commandFailed, type IpCommand, type IpSession, isListing, notEntered, type Place } from './ip.js';
import { parseDocument } from './parse.js';

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
export function openIproute2(programs: Programs, keepOpen: readonly number[]): IpSession {
  const speakers = new Map<string, Speaker>();

  const speakerIn = (place: Place): Speaker => {
    const key = place === 'home' ? '' : place.path;
    const known = speakers.get(key);
    if (known !== undefined) return known;
    const [program, args] = commandIn(place, 'ip', BATCH);
    const speaker = { conversation: programs.converse(program, args, { keepOpen }), sent: 0 };
    speakers.set(key, speaker);
    return speaker;
  };

  /** The number of commands that were carried out, and the failure of the next one. */
  const batch = async (place: Place, commands: readonly IpCommand[], documents: unknown[]): Promise<Failure | null> => {
    const speaker = speakerIn(place);
    const lines = isListing(commands.at(-1) ?? []) ? commands : [...commands, ARE_YOU_DONE];
    const before = speaker.sent;
    speaker.sent += lines.length;
    const listings = lines.filter(isListing).length;
    const { lines: printed, ended } = await speaker.conversation.ask(
      lines.map((line) => `${batchLine(line)}\n`).join(''),
      listings,
    );
    documents.push(...printed.slice(0, commands.filter(isListing).length).map(parseDocument));
    if (ended === null) return null;
    speakers.delete(place === 'home' ? '' : place.path);
    return { at: failedLine(ended.stderr) - before - 1, ended };
  };

  const alone = async (place: Place, command: IpCommand, documents: unknown[]): Promise<Failure | null> => {
    const [program, args] = commandIn(place, 'ip', ['-j', '-d', ...command]);
    const ended = await programs.run(program, args, { keepOpen });
    if (ended.code !== 0) return { at: 0, ended };
    if (isListing(command)) documents.push(parseDocument(ended.stdout.trim()));
    return null;
  };

  return {
    async ip(place, commands, { force = false } = {}) {
      const documents: unknown[] = [];
      let rest = commands;
      while (rest.length > 0) {
        const unfit = rest.findIndex((command) => !command.every(fitsBatch));
        const next = unfit === 0 ? rest.slice(0, 1) : rest.slice(0, unfit < 0 ? rest.length : unfit);
        const failed = await (unfit === 0 ? alone(place, next[0] ?? [], documents) : batch(place, next, documents));
        const command = failed === null ? undefined : next[failed.at];
        if (failed !== null && !(force && command !== undefined))
          throw failure(place, command ?? next[0] ?? [], failed.ended);
        if (command !== undefined && isListing(command)) documents.push(undefined);
        rest = rest.slice(failed === null ? next.length : failed.at + 1);
      }
      return documents;
    },

    prepare(places) {
      for (const place of places) speakerIn(place);
    },

    async close() {
      const ending = [...speakers.values()].map(({ conversation }) => conversation.end());
      speakers.clear();
      await Promise.allSettled(ending);
    },
  };
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

/** The batch syntax has no escapes: `#`, quotes, backslashes and line ends cannot be written in it. */
function fitsBatch(argument: string): boolean {
  return !/[#"'\\\r\n]/.test(argument);
}

function batchLine(command: IpCommand): string {
  return command.map((argument) => (argument === '' || /\s/.test(argument) ? `"${argument}"` : argument)).join(' ');
}

function failure(place: Place, command: IpCommand, { code, stderr }: Outcome): Error {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const silent = code === null ? 'it was killed' : 'no message';
  const answer = lines.find((line) => !line.startsWith('Command failed')) ?? silent;
  if (place !== 'home' && answer.startsWith('nsenter:')) return notEntered(place.path, answer.replace('nsenter: ', ''));
  return commandFailed(place, command, answer.replace(/^(RTNETLINK answers|Error): /, '').replace(/\.$/, ''));
}
