/** What was seen of the rest of a machine, as a document that can be kept: every look at a host, and what it showed. */
import * as v from 'valibot';
import { type Answer, answerNow, answerOf, answerShape, give, type Pairs, pairsShape } from '../model/answer.js';
import type { Entry, HeldLock, Host, Process } from './host.js';

/** Looks by what was looked at. */
export interface HostRecord {
  readonly entries: Pairs<Answer<Entry | null>>;
  readonly texts: Pairs<string | null>;
  readonly directories: Pairs<readonly string[]>;
  readonly processes: readonly Process[] | null;
  /** By directory. */
  readonly locks: Pairs<readonly HeldLock[]>;
  /** Paths of programs by their names. */
  readonly paths: Pairs<string | null>;
  readonly iproute2: Answer<string> | null;
  readonly programs: Answer<readonly string[]> | null;
  readonly privileges: { readonly uid: number; readonly capabilities: readonly number[] } | null;
}

/** The kernel has fewer. */
const CAPABILITIES = Array.from({ length: 64 }, (_, number) => number);

/** Of a text, in characters: rules of udev are shorter. */
const LONGEST_TEXT = 200_000;

/** A host that answers as `host` does, and remembers what. */
export function createRecordingHost(host: Host): { readonly host: Host; record(): HostRecord } {
  const entries = new Map<string, Answer<Entry | null>>();
  const texts = new Map<string, string | null>();
  const directories = new Map<string, readonly string[]>();
  const locks = new Map<string, readonly HeldLock[]>();
  const paths = new Map<string, string | null>();
  const whole: { -readonly [key in 'processes' | 'iproute2' | 'programs' | 'privileges']: HostRecord[key] } = {
    ...{ processes: null, iproute2: null, programs: null, privileges: null },
  };
  const seen = <T>(table: Map<string, T>, key: string, value: T): T => {
    table.set(key, value);
    return value;
  };
  const recording: Host = {
    ...host,
    look(path) {
      const answer = answerNow(() => host.look(path) ?? null);
      return give(seen(entries, path, answer)) ?? undefined;
    },
    read: (path) => seen(texts, path, host.read(path)?.slice(0, LONGEST_TEXT) ?? null) ?? undefined,
    list: (directory) => seen(directories, directory, host.list(directory)),
    processes() {
      const processes = host.processes();
      whole.processes = processes;
      return processes;
    },
    heldLocks: (directory) => seen(locks, directory, host.heldLocks(directory)),
    findProgram: (name) => seen(paths, name, host.findProgram(name) ?? null) ?? undefined,
    async iproute2() {
      whole.iproute2 = await answerOf(() => host.iproute2());
      return give(whole.iproute2);
    },
    async programs() {
      whole.programs = await answerOf(() => host.programs());
      return give(whole.programs);
    },
    privileges() {
      const privileges = host.privileges();
      whole.privileges = {
        uid: privileges.uid,
        capabilities: CAPABILITIES.filter((capability) => privileges.can(capability)),
      };
      return privileges;
    },
  };
  const record = (): HostRecord => ({
    ...{
      entries: [...entries],
      texts: [...texts],
      directories: [...directories],
      locks: [...locks],
      paths: [...paths],
    },
    ...whole,
  });
  return { host: recording, record };
}

const text = v.string();

const When = v.pipe(
  text,
  v.isoTimestamp(),
  v.transform((iso) => new Date(iso)),
);

const ProcessShape = v.object({ pid: v.number(), name: text, state: text });

export const HostShape = v.object({
  entries: pairsShape(
    answerShape(
      v.nullable(
        v.object({
          ...{ kind: v.picklist(['file', 'directory', 'other']), mode: v.number(), modified: When },
          ...{ unwritable: v.nullable(text), free: v.number() },
        }),
      ),
    ),
  ),
  texts: pairsShape(v.nullable(text)),
  directories: pairsShape(v.array(text)),
  processes: v.nullable(v.array(ProcessShape)),
  locks: pairsShape(v.array(v.object({ path: text, sign: text, since: When, holders: v.array(ProcessShape) }))),
  paths: pairsShape(v.nullable(text)),
  iproute2: v.nullable(answerShape(text)),
  programs: v.nullable(answerShape(v.array(text))),
  privileges: v.nullable(v.object({ uid: v.number(), capabilities: v.array(v.number()) })),
}) satisfies v.GenericSchema<unknown, HostRecord>;
