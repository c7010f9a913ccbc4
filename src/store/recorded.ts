/** The store, the cordon, the history and the locks of a node as they were recorded. What would change them is refused. */
import { join } from 'node:path';
import { type Answer, give } from '../model/answer.js';
import { keyOf } from '../model/attachment.js';
import type { EnimError } from '../model/errors.js';
import type { CordonRecord } from './cordon.js';
import { newer } from './generation.js';
import type { History } from './history.js';
import type { StateLook } from './inspect.js';
import type { Locks } from './lock.js';
import { lockFileName } from './lockfile.js';
import { PRESENT, PREVIOUS, type StateRecord, type StateTexts } from './record.js';
import { EMPTY_STATE, parseState, type Reading, type State } from './schema.js';
import type { Store } from './store.js';

interface RecordedSettings {
  readonly record: StateRecord;
  readonly texts: StateTexts;
  /** Where it all was, for messages. */
  readonly directory: string;
  /** Paths of the lock files that somebody held. */
  readonly held: readonly string[];
  /** Told of a damaged file, and of what is used instead. */
  readonly warn: (message: string) => void;
  /** Makes the error of what a record cannot do. */
  readonly refuse: () => EnimError;
}

/** What was recorded of a state directory, as the drivers that it stands for. */
export interface RecordedState {
  readonly store: Store;
  readonly cordon: CordonRecord;
  readonly history: History;
  readonly locks: Locks;
  inspect(): StateLook;
}

export function createRecordedState({ record, texts, directory, held, warn, refuse }: RecordedSettings): RecordedState {
  const refused = async (): Promise<never> => Promise.reject(refuse());
  const reading = (name: string, there: Answer<boolean>): Reading | undefined =>
    give(there) ? parseState(texts.get(name) ?? '') : undefined;
  let state: State | undefined;

  /** As the store reads, but that nothing is mended. */
  const read = async (): Promise<State> => {
    state ??= readOnce();
    return state;
  };

  const readOnce = (): State => {
    const present = reading(PRESENT, record.present);
    if (present?.kind === 'newer') throw newer(join(directory, PRESENT), present.version);
    if (present?.kind === 'good') return present.state;
    const previous = reading(PREVIOUS, record.previous);
    if (previous?.kind === 'newer') throw newer(join(directory, PREVIOUS), previous.version);
    if (present === undefined && previous === undefined) return EMPTY_STATE;
    const fault = present === undefined ? 'was missing' : `was damaged (${present.reason})`;
    const instead =
      previous?.kind === 'good'
        ? `generation ${previous.state.generation} from ${join(directory, PREVIOUS)}`
        : 'an empty state';
    warn(`The state file ${join(directory, PRESENT)} ${fault}. Instead ${instead} is used.`);
    return previous?.kind === 'good' ? previous.state : EMPTY_STATE;
  };

  return {
    store: {
      list: async () => {
        const { attachments } = await read();
        return Object.values(attachments).sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
      },
      find: async (key) => (await read()).attachments[keyOf(key)],
      quarantine: { list: async () => (await read()).quarantines, put: refused, lift: refused },
      ledger: { read: async () => (await read()).allocations, update: refused },
      ...{ put: refused, forget: refused },
    },
    cordon: { find: () => give(record.cordon), update: refused },
    history: { record: refused, read: async () => give(record.history) },
    locks: recordedLocks(held, refused),
    inspect: () => give(record.look),
  };
}

/** Locks that are taken by nobody but those who had them. */
function recordedLocks(held: readonly string[], refused: () => Promise<never>): Locks {
  const isHeld = (name: string): boolean => held.some((path) => path.endsWith(`/${lockFileName(name)}`));
  return {
    ...{ acquire: refused, settle: refused, settleAll: refused },
    tryAcquire: async (name) =>
      isHeld(name) ? undefined : { fd: -1, release: () => undefined, retire: () => undefined },
  };
}
