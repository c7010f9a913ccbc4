/** Puts what oclif's parser complains about into our words, so that every error looks the same and says what to do. */
import { stripVTControlCharacters } from 'node:util';
import { Errors } from '@oclif/core';
import { EnimError } from '../model/errors.js';
import { nearest } from './nearest.js';

/** The command whose arguments were wrong. */
export interface Usage {
  /** As typed: `provider list`. */
  readonly command: string;
  /** Names of its flags, without dashes. */
  readonly flags: readonly string[];
}

/** The complaint of oclif as an INVALID_ARGUMENT, or undefined if it is something else that was thrown. */
export function usageError(thrown: unknown, usage: Usage): EnimError | undefined {
  if (!(thrown instanceof Errors.CLIError) || thrown instanceof Errors.ExitError) return undefined;
  const [message = 'wrong usage.', ...details] = complaint(thrown, usage.flags);
  return new EnimError('INVALID_ARGUMENT', message, { details, hint: `enim ${usage.command} --help`, cause: thrown });
}

// The classes of these errors are not exported by oclif; their fields are.
function complaint(error: Errors.CLIError, known: readonly string[]): string[] {
  if ('flags' in error && isStrings(error.flags)) return unknownFlags(error.flags, known);
  if ('args' in error && isStrings(error.args))
    return [`unexpected argument ${error.args.map((arg) => `"${arg}"`).join(', ')}.`];
  if ('args' in error && isArguments(error.args)) return missingArguments(error.args);
  return sentences(error.message).map(inOurWords);
}

/** oclif says these as texts alone. */
function inOurWords(sentence: string): string {
  return sentence
    .replace(/^Expected (--\S+?)=(.*) to be one of: (.*)\.$/s, '$1 is "$2", which is none of: $3.')
    .replace(/^Expected (.*) to be one of: (.*)\.$/s, '"$1" is none of: $2.')
    .replace(/^Missing required flag (\S+)\.$/, '--$1 is missing.')
    .replace(/^All of the following must be provided when using (--\S+): (--\S+)\.$/, '$1 needs $2.')
    .replace(
      /^(--[^=\s]+)(?:=\S+)? cannot also be provided when using (--[^=\s]+)\.$/,
      '$1 and $2 exclude each other.',
    );
}

function unknownFlags(flags: readonly string[], known: readonly string[]): string[] {
  const typed = flags.map((flag) => flag.replace(/=.*$/s, ''));
  const meant = typed.map((flag) => nearest(flag.replace(/^-+/, ''), known)).filter((name) => name !== undefined);
  return [`unknown flag ${typed.join(', ')}.`, ...meant.map((name) => `Did you mean --${name}?`)];
}

function missingArguments(args: readonly { readonly name: string; readonly description?: string }[]): string[] {
  const names = args.map(({ name }) => name.toUpperCase());
  return [
    `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} missing.`,
    ...args.flatMap(({ name, description }) =>
      description === undefined ? [] : [`${name.toUpperCase()}: ${description}`],
    ),
  ];
}

function sentences(message: string): string[] {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) => line !== '' && line !== 'See more help with --help' && !/^The following errors? occurred:$/.test(line),
    );
  return lines.map((line) => (/[.:?]$/.test(line) ? line : `${line}.`));
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string');
}

function isArguments(value: unknown): value is { name: string; description?: string }[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'object' && 'name' in each);
}
