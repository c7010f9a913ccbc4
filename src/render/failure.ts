/** Errors as people and programs get them: what, why, what now. */
import type { ChalkInstance } from 'chalk';
import type { ErrorCode } from '../model/errors.js';
import { folded } from './fold.js';
import { visible } from './visible.js';

/** What ended a command. */
export interface Failure {
  /** Stable name of the kind of error; INTERNAL for bugs. */
  readonly code: ErrorCode | 'INTERNAL';
  readonly message: string;
  /** Further facts, a line each. */
  readonly details: readonly string[];
  /** One step that mends it. */
  readonly hint: string | null;
  readonly exitCode: number;
  /** Stack and causes, shown with --debug only. */
  readonly trace: string;
}

interface FailureOptions {
  readonly style: ChalkInstance;
  /** Columns of the terminal; null when piped. */
  readonly width: number | null;
  /** Whether the trace is to be shown. */
  readonly debug: boolean;
}

/**
 * A few lines for stderr, the last one without a line feed. Control characters of the values in it are shown, not obeyed.
 */
export function renderFailure(
  { message, details, hint, trace }: Failure,
  { style, width, debug }: FailureOptions,
): string {
  const facts = details.flatMap((detail) => detail.split('\n'));
  const lines = [
    `${style.red.bold('error:')} ${visible(message)}`,
    ...facts.map((fact) => `  ${visible(fact)}`),
    ...(hint === null ? [] : [`  Try: ${visible(hint)}`]),
  ];
  return [folded(lines.join('\n'), width), ...(debug ? [trace] : [])].join('\n');
}

/** What is printed with --json. */
export interface FailureDocument {
  readonly error: Omit<Failure, 'trace'>;
}

/** The document for stdout with --json: `{"error":{"code","message","details","hint","exitCode"}}`. */
export function failureDocument({ code, message, details, hint, exitCode }: Failure): string {
  const document: FailureDocument = { error: { code, message, details, hint, exitCode } };
  return JSON.stringify(document, null, 2);
}
