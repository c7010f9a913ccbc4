/**
 * The store: what enim knows of a node, in one JSON file under one lock. Readers need no lock, for the file is replaced
 * atomically; writers read, change and replace it while they hold it. Nothing is dropped silently: a damaged file is put aside
 * and said so, the last good generation takes its place, and a file of a newer version is left alone. What needs to hold for this boot
 * alone is not waited for on its way to the disk; the generation that is kept beside it then is the last that holds always.
 */
import { join } from 'node:path';
import { replaceDurably, replaceForThisBoot, setAside } from '../durable.js';
import type { Allocations } from '../model/allocation.js';
import { type Attachment, type AttachmentKey, keyOf } from '../model/attachment.js';
import type { Eni } from '../model/eni.js';
import { EnimError } from '../model/errors.js';
import type { Lasting } from '../model/lasting.js';
import { isInForce, type Quarantine, type Quarantines, withoutNic } from '../model/quarantine.js';
import { damageOf, isDamaged, lastGood, newer, readFile, unwritable } from './generation.js';
import type { Locks } from './lock.js';
import { EMPTY_STATE, parseState, type Reading, type State } from './schema.js';

/** The durable record of attachments. */
export interface Store {
  /** All attachments, oldest first. */
  list(): Promise<readonly Attachment[]>;
  find(key: AttachmentKey): Promise<Attachment | undefined>;
  /** Puts an attachment in place of the one with the same key. It holds always unless told. */
  put(attachment: Attachment, lasting?: Lasting): Promise<void>;
  /**
   * Removes an attachment; that there is none is success. It holds for this boot: should a power failure bring the record back, it is
   * one more of those that gc has to look at then.
   */
  forget(key: AttachmentKey): Promise<void>;
  /** ENIs that are not to be given out. On disk when a change returns. */
  readonly quarantine: {
    list(): Promise<Quarantines>;
    /** Puts one in place of the former of the same NIC; those that have run out go. */
    put(eni: string, quarantine: Quarantine): Promise<void>;
    /** Ends what there is of that NIC. False if there was none. */
    lift(eni: Pick<Eni, 'id' | 'mac'>): Promise<boolean>;
  };
  /** The static provider's part of the same file. */
  readonly ledger: {
    read(): Promise<Allocations>;
    /** Changes it under the lock. */
    update<T>(
      change: (allocations: Allocations) => { readonly allocations: Allocations; readonly result: T },
      lasting: Lasting,
    ): Promise<T>;
  };
}

interface StoreSettings {
  readonly directory: string;
  readonly locks: Locks;
  readonly clock: () => Date;
  /** Told of a damaged file and of what was done about it. */
  readonly warn: (message: string) => void;
  /** What all stores of this process on this directory share; nothing unless given. */
  readonly file?: StateFile;
}

/** What a process remembers of a state file, and the changes that wait for its lock. */
export interface StateFile {
  /** Most of what it takes to read a generation is to check it. */
  known: { readonly content: string; readonly reading: Reading } | undefined;
  waiting: Change[];
}

/** A change of the state, and who waits for it. */
interface Change {
  readonly make: (state: State) => State;
  readonly lasting: Lasting;
  readonly done: () => void;
  readonly failed: (thrown: unknown) => void;
}

export function createStateFile(): StateFile {
  return { known: undefined, waiting: [] };
}

/** Opens the store; nothing is read or written yet. */
export function createStore(settings: StoreSettings): Store {
  const { directory, locks, clock, warn, file = createStateFile() } = settings;
  const path = join(directory, 'state.json');
  const previous = join(directory, 'state.previous.json');

  const readState = (): Reading | undefined => {
    const content = readFile(path);
    if (content === undefined) return undefined;
    if (file.known?.content !== content) file.known = { content, reading: parseState(content) };
    return file.known.reading;
  };

  const write = (state: State, before: State): void => {
    const content = `${JSON.stringify(state)}\n`;
    // What may not be on disk yet must not take the place of what is.
    const kept = before.lasting === 'always' ? { previous } : {};
    const replace = state.lasting === 'always' ? replaceDurably : replaceForThisBoot;
    try {
      replace(path, content, kept);
    } catch (thrown) {
      throw unwritable(path, thrown);
    }
    file.known = { content, reading: { kind: 'good', state } };
  };

  /** Without the lock; undefined if the file is damaged. */
  const readGood = (): State | undefined => {
    const reading = readState();
    if (reading === undefined) return readFile(previous) === undefined ? EMPTY_STATE : undefined;
    if (reading.kind === 'newer') throw newer(path, reading.version);
    return reading.kind === 'good' ? reading.state : undefined;
  };

  /** Under the lock: puts the last good generation in place of a damaged file, which is kept. */
  const recover = (): State => {
    const { state, from } = lastGood(previous);
    const damage = damageOf(path);
    const mended = {
      ...state,
      generation: state.generation + 1,
      written: clock().toISOString(),
      lasting: 'always',
    } as const;
    let kept: readonly string[];
    try {
      kept = [path, previous].filter(isDamaged).map((each) => setAside(each, clock()));
      replaceDurably(path, `${JSON.stringify(mended)}\n`);
    } catch (thrown) {
      throw unwritable(path, thrown, [`The file ${damage}.`]);
    }
    const where = kept.length === 0 ? '' : ` It was kept as ${kept.join(' and ')}.`;
    warn(`The state file ${path} ${damage}.${where} Instead ${from} is used. Check with: enim list`);
    return mended;
  };

  const locked = async <T>(work: () => T): Promise<T> => {
    const lock = await locks.acquire('state');
    try {
      return work();
    } finally {
      lock.release();
    }
  };

  /** Reading must go on where nothing can be written. */
  const recoverOrWarn = (): State => {
    try {
      return readGood() ?? recover();
    } catch (thrown) {
      if (!(thrown instanceof EnimError) || !['STATE_UNWRITABLE', 'NOT_PERMITTED'].includes(thrown.code)) throw thrown;
      const { state, from } = lastGood(previous);
      warn(`${[thrown.message, ...thrown.details].join(' ')} Meanwhile ${from} is used.`);
      return state;
    }
  };

  const readWhole = async (): Promise<State> => readGood() ?? locked(recoverOrWarn);

  /** Makes the changes, each of the state that the one before it has left, with one write. Those that throw change nothing. */
  const makeAll = (changes: readonly Change[]): void => {
    const before = readGood() ?? recover();
    let state = before;
    let lasting: Lasting = 'this boot';
    const tell = changes.map(({ make, done, failed, ...change }) => {
      try {
        const made = make(state);
        if (made !== state && change.lasting === 'always') lasting = 'always';
        state = made;
        return done;
      } catch (thrown) {
        return () => failed(thrown);
      }
    });
    if (state !== before)
      write({ ...state, generation: before.generation + 1, written: clock().toISOString(), lasting }, before);
    for (const each of tell) each();
  };

  /** Whoever waits for the lock first makes the changes of all who came meanwhile. */
  const makeWaiting = async (): Promise<void> => {
    let changes: Change[] = [];
    // Whoever is as far as we are comes along: an fsync takes longer than all else.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      await locked(() => {
        changes = file.waiting.splice(0);
        makeAll(changes);
      });
    } catch (thrown) {
      // Without the lock all of them have waited in vain.
      for (const { failed } of changes.length > 0 ? changes : file.waiting.splice(0)) failed(thrown);
    }
  };

  const update = <T>(
    lasting: Lasting,
    change: (state: State) => { readonly state: State; readonly result: T },
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      let result: T;
      const make = (before: State): State => {
        const made = change(before);
        result = made.result;
        return made.state;
      };
      file.waiting.push({ make, lasting, done: () => resolve(result), failed: reject });
      if (file.waiting.length === 1) void makeWaiting();
    });

  return {
    async list() {
      const { attachments } = await readWhole();
      return Object.values(attachments).sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
    },

    async find(key) {
      return (await readWhole()).attachments[keyOf(key)];
    },

    put: (attachment, lasting = 'always') =>
      update(lasting, (state) => ({
        state: { ...state, attachments: { ...state.attachments, [keyOf(attachment)]: attachment } },
        result: undefined,
      })),

    forget: (key) =>
      update('this boot', (state) => {
        const { [keyOf(key)]: gone, ...attachments } = state.attachments;
        return { state: gone === undefined ? state : { ...state, attachments }, result: undefined };
      }),

    quarantine: {
      async list() {
        return (await readWhole()).quarantines;
      },
      put: (eni, quarantine) =>
        update('always', (state) => {
          const others = Object.entries(withoutNic(state.quarantines, { id: eni, mac: quarantine.mac ?? '' })).filter(
            ([, each]) => isInForce(each, clock()),
          );
          const quarantines = { ...Object.fromEntries(others), [eni]: quarantine };
          return { state: { ...state, quarantines }, result: undefined };
        }),
      lift: (eni) =>
        update('always', (state) => {
          const quarantines = withoutNic(state.quarantines, eni);
          const isLifted = Object.keys(quarantines).length < Object.keys(state.quarantines).length;
          return { state: isLifted ? { ...state, quarantines } : state, result: isLifted };
        }),
    },

    ledger: {
      async read() {
        return (await readWhole()).allocations;
      },
      update: (change, lasting) =>
        update(lasting, (state) => {
          const { allocations, result } = change(state.allocations);
          return { state: allocations === state.allocations ? state : { ...state, allocations }, result };
        }),
    },
  };
}
