/** The state directory as it was at one moment, as documents that can be kept: nothing in it is mended, locked or judged. */
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { type Answer, answerNow, answerOf, answerShape } from '../model/answer.js';
import type { Cordon } from '../model/cordon.js';
import { readCordon } from './cordon.js';
import { readFile } from './generation.js';
import { HistoryLine, type Recorded, readHistory } from './history.js';
import { type Generation, inspectState, type StateLook } from './inspect.js';

/** What was in it; the texts of the state's own files are beside this document. */
export interface StateRecord {
  readonly look: Answer<StateLook>;
  /** Whether the file is there. */
  readonly present: Answer<boolean>;
  readonly previous: Answer<boolean>;
  readonly cordon: Answer<Cordon | null>;
  /** All of it: what is on disk is bounded. */
  readonly history: Answer<Recorded>;
}

/** Texts by the name of the file. */
export type StateTexts = ReadonlyMap<string, string>;

export const PRESENT = 'state.json';
export const PREVIOUS = 'state.previous.json';

/** Damaged files that are kept, the newest ones; nobody is helped by more. */
const DAMAGED = 4;

/** Reads it. What cannot be read is said in the document. */
export async function recordState(
  directory: string,
): Promise<{ readonly record: StateRecord; readonly texts: StateTexts }> {
  const texts = new Map<string, string>();
  const keep = (name: string): Answer<boolean> =>
    answerNow(() => {
      const text = readFile(join(directory, name));
      if (text !== undefined) texts.set(name, text);
      return text !== undefined;
    });
  const look = answerNow(() => inspectState(directory));
  const [present, previous] = [keep(PRESENT), keep(PREVIOUS)];
  if ('value' in look) for (const path of look.value.kept.slice(-DAMAGED)) keep(basename(path));
  const history = await answerOf(() => readHistory(directory));
  return { record: { look, present, previous, cordon: answerNow(() => readCordon(directory)), history }, texts };
}

const text = v.string();

const GenerationShape = v.variant('kind', [
  v.object({ kind: v.literal('none') }),
  v.object({ kind: v.literal('good'), generation: v.number(), written: text, attachments: v.number() }),
  v.object({ kind: v.literal('newer'), version: v.number() }),
  v.object({ kind: v.literal('damaged'), reason: text }),
  v.object({ kind: v.literal('unreadable'), errno: text }),
]) satisfies v.GenericSchema<unknown, Generation>;

const When = v.pipe(
  text,
  v.isoTimestamp(),
  v.transform((iso) => new Date(iso)),
);

export const StateShape = v.object({
  look: answerShape(
    v.object({
      ...{ path: text, present: GenerationShape, previousPath: text, previous: GenerationShape },
      ...{ kept: v.array(text), unfinished: v.array(v.object({ path: text, modified: When })) },
    }),
  ),
  present: answerShape(v.boolean()),
  previous: answerShape(v.boolean()),
  cordon: answerShape(v.nullable(v.object({ since: v.nullable(text), reason: v.nullable(text) }))),
  history: answerShape(v.object({ events: v.array(HistoryLine), ignored: v.number() })),
}) satisfies v.GenericSchema<unknown, StateRecord>;
