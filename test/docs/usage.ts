/** Whether a call of enim is one that its commands take. Pure; the manifest says what they take. */

interface Flag {
  readonly type: string;
  readonly hidden?: boolean;
  readonly char?: string;
  readonly default?: unknown;
  readonly options?: readonly string[];
  readonly dependsOn?: readonly string[];
  readonly exclusive?: readonly string[];
}

interface Command {
  readonly hidden?: boolean;
  readonly args: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly flags: Readonly<Record<string, Flag>>;
}

/** What of `oclif.manifest.json` counts here. */
export interface Manifest {
  readonly commands: Readonly<Record<string, Command>>;
}

/** A command as users see it. */
export interface Shown {
  /** As typed after `enim`: `provider list`. */
  readonly name: string;
  /** As help and documentation spell them: `--state`, `-o, --output`; and what counts where it is not given. */
  readonly flags: readonly { readonly flag: string; readonly spelling: string; readonly fallback: string }[];
}

/** Every command and flag that is not hidden. */
export function shownIn({ commands }: Manifest): Shown[] {
  return Object.entries(commands)
    .filter(([, { hidden }]) => hidden !== true)
    .map(([id, { flags }]) => ({
      name: id.replaceAll(':', ' '),
      flags: Object.entries(flags)
        .filter(([, { hidden }]) => hidden !== true)
        .map(([name, { char, default: fallback = '' }]) => ({
          ...{ flag: `--${name}`, spelling: `${char === undefined ? '' : `-${char}, `}--${name}` },
          fallback: fallback === false ? '' : String(fallback),
        })),
    }));
}

/**
 * What is wrong with a call.
 *
 * @param words after `enim`
 * @returns undefined if nothing is
 */
export function faultOf({ commands }: Manifest, words: readonly string[]): string | undefined {
  // Alone it prints its help, or is the CNI plugin.
  if (words.length === 0 || (words.length === 1 && ['--version', '--help'].includes(words[0] ?? ''))) return undefined;
  const found = findCommand(commands, words);
  if (found === undefined) return `no command: ${words.slice(0, 2).join(' ')}`;
  const { command, rest } = found;
  const used: string[] = [];
  const args: string[] = [];
  const left = [...rest];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '--help') return undefined;
    if (!/^-./.test(word)) {
      args.push(word);
      continue;
    }
    const [, name = '', , value] = word.match(/^(--?[^=]+)(=(.*))?$/s) ?? [];
    const id = Object.keys(command.flags).find(
      (each) => `--${each}` === name || `-${command.flags[each]?.char}` === name,
    );
    const flag = command.flags[id ?? ''];
    if (id === undefined || flag === undefined) return `no flag: ${name}`;
    used.push(id);
    if (flag.type === 'boolean') continue;
    const given = value ?? left.shift();
    if (given === undefined) return `no value: ${name}`;
    if (flag.options?.includes(given) === false) return `not a value of ${name}: ${given}`;
  }
  return clash(command, used) ?? miscount(command, args);
}

/** The same of a mention in the running text, which may leave arguments and values out: only command and flags are looked at. */
export function mentionFaultOf({ commands }: Manifest, words: readonly string[]): string | undefined {
  if (['--version', '--help', '…'].includes(words[0] ?? '')) return undefined;
  const found = findCommand(commands, words);
  if (found === undefined) return `no command: ${words.slice(0, 2).join(' ')}`;
  const known = new Set(['--help', ...Object.keys(found.command.flags).map((name) => `--${name}`)]);
  const unknown = found.rest.find((word) => word.startsWith('--') && !known.has(word.replace(/=.*/s, '')));
  return unknown === undefined ? undefined : `no flag: ${unknown}`;
}

function findCommand(commands: Manifest['commands'], words: readonly string[]) {
  for (const length of [2, 1]) {
    const command = words.length < length ? undefined : commands[words.slice(0, length).join(':')];
    if (command !== undefined) return { command, rest: words.slice(length) };
  }
  return undefined;
}

function clash({ flags }: Command, used: readonly string[]): string | undefined {
  for (const id of used) {
    const missing = flags[id]?.dependsOn?.find((other) => !used.includes(other));
    if (missing !== undefined) return `--${id} needs --${missing}`;
    const other = flags[id]?.exclusive?.find((each) => used.includes(each));
    if (other !== undefined) return `--${id} goes not with --${other}`;
  }
  return undefined;
}

function miscount({ args }: Command, given: readonly string[]): string | undefined {
  const all = Object.values(args);
  const least = all.filter(({ required }) => required === true).length;
  if (given.length >= least && given.length <= all.length) return undefined;
  return `${given.length} arguments, not ${least === all.length ? least : `${least} to ${all.length}`}`;
}
