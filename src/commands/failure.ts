/** Anything that was thrown, as what a person or a program is told about it. */
import { inspect } from 'node:util';
import { Errors } from '@oclif/core';
import { EnimError, messageOf } from '../model/errors.js';
import type { Failure } from '../render/failure.js';

/** The exit code if nothing was asked for but to end with it (`this.exit(3)`), else undefined. */
export function silentExitCode(thrown: unknown): number | undefined {
  return thrown instanceof Errors.ExitError ? (thrown.oclif.exit ?? 0) : undefined;
}

/** A bug, that is any error which is not ours, becomes INTERNAL with exit code 1. */
export function failureOf(thrown: unknown): Failure {
  const trace = inspect(thrown);
  if (thrown instanceof EnimError) {
    const { code, message, details, hint = null, exitCode } = thrown;
    return { code, message, details, hint, exitCode, trace };
  }
  return {
    code: 'INTERNAL',
    message: `internal error: ${messageOf(thrown)}`,
    details: [],
    hint: 'run it again with --debug, and report what it prints',
    exitCode: 1,
    trace,
  };
}
