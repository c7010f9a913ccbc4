/** Errors as people and programs get them: what, why, what now. */
import type { ChalkInstance } from 'chalk';

/** What ended a command. */
export interface Failure {
  /** Stable name of the kind of error; INTERNAL for bugs. */
  readonly code: string;
  readonly message: string;
  /** Further facts, a line each. */
  readonly details: readonly string[];
  /** One step that mends it. */
  readonly hint: string | null;
  readonly exitCode: number;
  /** Stack and causes, shown with --debug only. */
  readonly trace: string;
}

/** A few lines for stderr, the last one without a line feed. */
export function renderFailure(
  { message, details, hint, trace }: Failure,
  style: ChalkInstance,
  debug: boolean,
): string {
  const facts = details.flatMap((detail) => detail.split('\n')).map((line) => `  ${line}`);
  return [
    `${style.red.bold('error:')} ${message}`,
    ...facts,
    ...(hint === null ? [] : [`  Try: ${hint}`]),
    ...(debug ? [trace] : []),
  ].join('\n');
}

/** The document for stdout with --json: `{"error":{"code","message","details","hint","exitCode"}}`. */
export function failureDocument({ code, message, details, hint, exitCode }: Failure): string {
  return JSON.stringify({ error: { code, message, details, hint, exitCode } }, null, 2);
}
