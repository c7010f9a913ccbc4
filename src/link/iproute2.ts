/**
 * Talking to the kernel through iproute2: one `ip -batch -` for each netns and step, in our own netns or, through nsenter, in
 * another. nsenter keeps the host's /sys and takes any path, which `ip -n` does not.
 */
import type { Run } from '../exec.js';
import { EnimError } from '../model/errors.js';
import { parseDocuments } from './parse.js';

/** One `ip` command as its arguments, for example `['link', 'set', 'dev', 'eth0', 'up']`. */
export type IpCommand = readonly string[];

/** Where commands run: at home (our own netns), or in the netns that a path opens. */
export type Place = 'home' | { readonly path: string };

interface IpOptions {
  readonly keepOpen?: readonly number[];
  /** Goes on after a command that fails; whoever asks for it looks at the result afterwards. */
  readonly force?: boolean;
}

/**
 * Runs the commands in order, in one process, until the first that fails.
 *
 * @returns the JSON documents that the listing ones printed
 * @throws EnimError NOT_THERE if the netns cannot be entered, LINK_FAILED with the kernel's answer if a command failed
 */
export async function ip(
  run: Run,
  place: Place,
  commands: readonly IpCommand[],
  options: IpOptions = {},
): Promise<unknown[]> {
  if (!commands.every((command) => command.every(fitsBatch))) return ipOneByOne(run, place, commands, options);
  const flags = ['-j', '-d', ...(options.force ? ['-force'] : []), '-batch', '-'];
  const input = `${commands.map(batchLine).join('\n')}\n`;
  const [program, ...args] = [...prefix(place), 'ip', ...flags] as [string, ...string[]];
  const { code, stdout, stderr } = await run(program, args, { input, keepOpen: options.keepOpen ?? [] });
  if (code !== 0 && !options.force) throw failure(place, commands, stderr);
  return parseDocuments(stdout);
}

/** The batch syntax has no escapes: `#`, quotes, backslashes and line ends cannot be written in it. */
async function ipOneByOne(
  run: Run,
  place: Place,
  commands: readonly IpCommand[],
  options: IpOptions,
): Promise<unknown[]> {
  const documents: unknown[] = [];
  for (const command of commands) {
    const [program, ...args] = [...prefix(place), 'ip', '-j', '-d', ...command] as [string, ...string[]];
    const { code, stdout, stderr } = await run(program, args, { keepOpen: options.keepOpen ?? [] });
    if (code !== 0 && !options.force) throw failure(place, [command], stderr);
    documents.push(...parseDocuments(stdout));
  }
  return documents;
}

/** The argument vector that runs what follows in `place`. */
export function prefix(place: Place): string[] {
  return place === 'home' ? [] : ['nsenter', `--net=${place.path}`, '--'];
}

function fitsBatch(argument: string): boolean {
  return !/[#"'\\\r\n]/.test(argument);
}

function batchLine(command: IpCommand): string {
  return command.map((argument) => (argument === '' || /\s/.test(argument) ? `"${argument}"` : argument)).join(' ');
}

function failure(place: Place, commands: readonly IpCommand[], stderr: string): EnimError {
  const where = place === 'home' ? 'at home' : `in netns ${place.path}`;
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const answer = lines.find((line) => !line.startsWith('Command failed')) ?? 'no message';
  if (place !== 'home' && answer.startsWith('nsenter:')) {
    return new EnimError(
      'NOT_THERE',
      `The netns ${place.path} cannot be entered (${answer.replace('nsenter: ', '')}).`,
    );
  }
  const number = Number(/Command failed -:(\d+)/.exec(stderr)?.[1] ?? 1);
  const command = commands[number - 1] ?? commands[0] ?? [];
  const reason = answer.replace(/^(RTNETLINK answers|Error): /, '').replace(/\.$/, '');
  const hint = /not permitted/i.test(reason) ? 'run enim as root' : undefined;
  return new EnimError(
    hint === undefined ? 'LINK_FAILED' : 'NOT_PERMITTED',
    `"ip ${command.join(' ')}" ${where}: ${reason}.`,
    { hint },
  );
}
