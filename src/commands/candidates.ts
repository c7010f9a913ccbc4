/** What a command line can go on with, by the manifest alone. */
import type { Command } from '@oclif/core';
import { ENI_COLUMNS } from '../manager/select.js';
import type { Candidate } from '../manager/words.js';

/** What fits the place, whether or not it begins like the word. */
export interface Wanted {
  readonly candidates: readonly Candidate[];
  /** What the node has to be asked for besides. */
  readonly names: readonly ('eni' | 'owner')[];
}

const FILES: Wanted = { candidates: [{ word: ':files', meaning: '' }], names: [] };
const NOTHING: Wanted = { candidates: [], names: [] };

/**
 * @param words after `enim`; the last is the one to be completed
 * @param commands by ID
 */
export function candidatesFor(words: readonly string[], commands: Readonly<Record<string, Command.Cached>>): Wanted {
  const before = words.slice(0, -1);
  const word = words.at(-1) ?? '';
  const id = longestID(before, commands);
  const command = commands[id];
  const flag = flagNamed(before.at(-1) ?? '', command);
  if (flag?.type === 'option') return valuesOf(flag, '');
  const inline = /^(--[\w-]+=)/.exec(word)?.[1];
  const inlined = inline === undefined ? undefined : flagNamed(inline.slice(0, -1), command);
  if (inline !== undefined) return inlined?.type === 'option' ? valuesOf(inlined, inline) : NOTHING;
  if (word.startsWith('-')) return { candidates: flagsOf(command, before), names: [] };
  const next = nextWords(id, before, commands);
  return next.length > 0 ? { candidates: next, names: [] } : argumentOf(command);
}

/** The longest beginning that is a command or a topic, as its ID. */
function longestID(words: readonly string[], commands: Readonly<Record<string, unknown>>): string {
  const leading = words.slice(
    0,
    [...words, '-'].findIndex((word) => word.startsWith('-')),
  );
  for (let length = leading.length; length > 0; length -= 1) {
    const id = leading.slice(0, length).join(':');
    if (Object.keys(commands).some((each) => each === id || each.startsWith(`${id}:`))) return id;
  }
  return '';
}

function nextWords(
  id: string,
  before: readonly string[],
  commands: Readonly<Record<string, Command.Cached>>,
): Candidate[] {
  const prefix = id === '' ? '' : `${id}:`;
  if (before.length !== prefix.split(':').length - 1) return [];
  const found = new Map<string, string>();
  for (const [each, { summary = '', hidden }] of Object.entries(commands)) {
    if (hidden || !each.startsWith(prefix) || each === id) continue;
    const [word = '', ...rest] = each.slice(prefix.length).split(':');
    if (rest.length === 0 || !found.has(word)) found.set(word, rest.length === 0 ? summary : '');
  }
  return [...found].map(([word, meaning]) => ({ word, meaning }));
}

function flagNamed(text: string, command: Command.Cached | undefined) {
  return Object.values(command?.flags ?? {}).find(({ name, char }) => text === `--${name}` || text === `-${char}`);
}

function flagsOf(command: Command.Cached | undefined, before: readonly string[]): Candidate[] {
  const flags = Object.values(command?.flags ?? {}).filter(
    (flag) => !flag.hidden && (flag.type === 'option' && flag.multiple ? true : !before.includes(`--${flag.name}`)),
  );
  const help = { word: '--help', meaning: 'show help' };
  return [...flags.map(({ name, description = '' }) => ({ word: `--${name}`, meaning: firstLine(description) })), help];
}

function valuesOf(flag: Command.Flag.Cached, prefix: string): Wanted {
  const of = (words: readonly string[]): Wanted => ({
    candidates: words.map((word) => ({ word: `${prefix}${word}`, meaning: '' })),
    names: [],
  });
  if (flag.type !== 'option') return NOTHING;
  if (flag.options !== undefined) return of(flag.options);
  if (flag.name === 'filter') return of(ENI_COLUMNS.map((column) => `${column}=`));
  if (flag.name === 'sort') return of([...ENI_COLUMNS, 'age']);
  if (flag.name === 'eni') return { candidates: [], names: prefix === '' ? ['eni'] : [] };
  return ['PATH', 'DIR', 'FILE'].includes(flag.helpValue?.toString() ?? '') || flag.name === 'netns' ? FILES : NOTHING;
}

function argumentOf(command: Command.Cached | undefined): Wanted {
  const [arg] = Object.values(command?.args ?? {});
  if (arg === undefined) return NOTHING;
  if (arg.options !== undefined) return { candidates: arg.options.map((word) => ({ word, meaning: '' })), names: [] };
  const kinds = { eni: ['eni'], owner: ['owner'], nic: ['eni', 'owner'], subject: ['eni', 'owner'] } as const;
  const names = Object.entries(kinds).find(([kind]) => arg.name === kind || arg.name === kind.toUpperCase())?.[1];
  return { candidates: [], names: names ?? (arg.name === 'ENI|OWNER' ? ['eni', 'owner'] : []) };
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
