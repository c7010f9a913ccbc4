/** What came of asking, in a form that can be kept and given again later, elsewhere. Pure. */
import * as v from 'valibot';
import { CODES, EnimError, type ErrorCode, messageOf } from './errors.js';

/** Why there is no answer. */
export interface Refusal {
  /** Null if it was none of ours. */
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly details: readonly string[];
  readonly hint: string | null;
}

/** What was answered, or why nothing was. */
export type Answer<T> = { readonly value: T } | { readonly refusal: Refusal };

/** Asks, and keeps what comes of it. */
export async function answerOf<T>(ask: () => T | Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await ask() };
  } catch (thrown) {
    return { refusal: refusalOf(thrown) };
  }
}

/** The same for what answers at once. */
export function answerNow<T>(ask: () => T): Answer<T> {
  try {
    return { value: ask() };
  } catch (thrown) {
    return { refusal: refusalOf(thrown) };
  }
}

/**
 * Gives the answer again.
 *
 * @throws EnimError what was thrown when it was asked for
 */
export function give<T>(answer: Answer<T>): T {
  if ('value' in answer) return answer.value;
  const { code, message, details, hint } = answer.refusal;
  throw new EnimError(code ?? 'INPUT_FAILED', message, { details, hint: hint ?? undefined });
}

/** Whether a text is one of our codes. */
function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(CODES, text);
}

function refusalOf(thrown: unknown): Refusal {
  if (!(thrown instanceof EnimError)) return { code: null, message: messageOf(thrown), details: [], hint: null };
  const { code, message, details, hint } = thrown;
  return { code, message, details, hint: hint ?? null };
}

/** A table in a document. Its keys are what others have named, so they are no keys of the document itself. */
export type Pairs<T> = readonly (readonly [string, T])[];

/** What stands behind a key; undefined if it is not there. */
export function findIn<T>(pairs: Pairs<T>, key: string): T | undefined {
  return pairs.find(([each]) => each === key)?.[1];
}

/** The shape of such a table, given that of what is in it. */
export function pairsShape<T>(value: v.GenericSchema<unknown, T>): v.GenericSchema<unknown, Pairs<T>> {
  return v.array(v.tuple([v.string(), value]));
}

/** The shape of an answer, given that of its value. */
export function answerShape<T>(value: v.GenericSchema<unknown, T>): v.GenericSchema<unknown, Answer<T>> {
  return v.union([
    v.object({ value }),
    v.object({
      refusal: v.object({
        code: v.nullable(v.custom<ErrorCode>((code) => typeof code === 'string' && isErrorCode(code))),
        message: v.string(),
        details: v.array(v.string()),
        hint: v.nullable(v.string()),
      }),
    }),
  ]) as v.GenericSchema<unknown, Answer<T>>;
}
