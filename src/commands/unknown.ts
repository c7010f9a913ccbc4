/** Finds command lines that name no command before oclif does, whose own message has no suggestion. */
import { EnimError } from '../model/errors.js';
import { nearest } from './nearest.js';
import type { Manifest, Program } from './plugin.js';

/**
 * @param argv what was typed after `enim`
 * @throws EnimError INVALID_ARGUMENT if it names no command and no topic
 */
export function assertKnownCommand(argv: readonly string[], { manifest, pjson }: Program): void {
  const { additionalHelpFlags = [] } = pjson.oclif;
  const [first] = argv;
  if (first === undefined || ['--help', ...additionalHelpFlags].includes(first)) return;
  const words = leadingWords(argv);
  if (words.length === 0) throw strayFlag(first);
  const ids = Object.keys(manifest.commands);
  const known = knownPrefix(words, ids);
  if (known.length === words.length || takesArguments(known, manifest)) return;
  const next = words[known.length] ?? '';
  throw isTopic(known, ids) ? unknownCommand([...known, next], ids) : surplus(next, known);
}

function leadingWords(argv: readonly string[]): string[] {
  const end = argv.findIndex((word) => word.startsWith('-'));
  return argv.slice(0, end === -1 ? argv.length : end);
}

/** The longest beginning of the words that is a command or a topic. */
function knownPrefix(words: readonly string[], ids: readonly string[]): readonly string[] {
  for (let length = words.length; length > 0; length--) {
    const id = words.slice(0, length).join(':');
    if (ids.some((each) => each === id || each.startsWith(`${id}:`))) return words.slice(0, length);
  }
  return [];
}

function takesArguments(words: readonly string[], manifest: Manifest): boolean {
  const command = manifest.commands[words.join(':')];
  return command !== undefined && (command.strict === false || Object.keys(command.args).length > 0);
}

function isTopic(words: readonly string[], ids: readonly string[]): boolean {
  return words.length === 0 || ids.some((id) => id.startsWith(`${words.join(':')}:`));
}

function surplus(argument: string, command: readonly string[]): EnimError {
  return new EnimError('INVALID_ARGUMENT', `unexpected argument "${argument}".`, {
    hint: ['enim', ...command, '--help'].join(' '),
  });
}

function unknownCommand(words: readonly string[], ids: readonly string[]): EnimError {
  const parent = words.slice(0, -1);
  const prefix = parent.map((word) => `${word}:`).join('');
  const siblings = ids.filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length).split(':')[0] ?? '');
  const meant = nearest(words.at(-1) ?? '', siblings);
  return new EnimError('INVALID_ARGUMENT', `unknown command "${words.join(' ')}".`, {
    details: meant === undefined ? [] : [`Did you mean ${[...parent, meant].join(' ')}?`],
    hint: ['enim', ...parent, '--help'].join(' '),
  });
}

function strayFlag(flag: string): EnimError {
  return new EnimError('INVALID_ARGUMENT', `no command before ${flag}.`, {
    details: ['Flags come after the command: enim list --json'],
    hint: 'enim --help',
  });
}
