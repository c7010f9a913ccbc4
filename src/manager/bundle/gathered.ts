/** What has been gathered for a bundle so far. Each part is gathered for itself: what one of them cannot see costs no other. */
import { type Answer, answerOf } from '../../model/answer.js';
import type { Missing } from '../../model/bundle.js';
import { type EnimError, messageOf } from '../../model/errors.js';

/** The files, and what is not in them. */
export interface Gathered {
  /** Texts by the name of the file in the bundle. */
  readonly texts: ReadonlyMap<string, string>;
  readonly missing: readonly Missing[];
  /** Names of files of which only the end is there. */
  readonly shortened: readonly string[];
}

/** Gathers. */
export interface Gatherer extends Gathered {
  /** Puts a document in. */
  put(name: string, document: unknown): void;
  putText(name: string, text: string, isShortened?: boolean): void;
  /** Does the work for a part; what goes wrong is written down, and undefined returned. */
  part<T>(part: string, work: () => T | Promise<T>): Promise<T | undefined>;
  /** Asks, and keeps what comes of it; a refusal is written down as well. */
  ask<T>(part: string, work: () => T | Promise<T>): Promise<Answer<T>>;
  /** Writes down that a part is not there. */
  miss(part: string, reason: string): void;
}

/** @param onStep told of each part before it is gathered */
export function createGatherer(onStep: (part: string) => void): Gatherer {
  const texts = new Map<string, string>();
  const missing: Missing[] = [];
  const shortened: string[] = [];
  const miss = (part: string, reason: string): void => {
    // Three parts that ask the same server need not say three times that it is away.
    if (!missing.some((each) => each.part === part && each.reason === reason)) missing.push({ part, reason });
  };
  const ask = async <T>(part: string, work: () => T | Promise<T>): Promise<Answer<T>> => {
    onStep(part);
    const answer = await answerOf(work);
    if ('refusal' in answer) miss(part, sentence(answer.refusal.message));
    return answer;
  };
  return {
    ...{ texts, missing, shortened, miss, ask },
    put: (name, document) => void texts.set(name, `${JSON.stringify(document, null, 1)}\n`),
    putText(name, text, isShortened = false) {
      texts.set(name, text);
      if (isShortened) shortened.push(name);
    },
    async part(part, work) {
      onStep(part);
      try {
        return await work();
      } catch (thrown) {
        const { details = [] } = thrown as Partial<EnimError>;
        miss(part, [sentence(messageOf(thrown)), ...details].join(' '));
        return undefined;
      }
    },
  };
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
