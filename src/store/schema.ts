/** The shape of the state file, its version, and how older versions become the present one. Pure. */
import * as v from 'valibot';
import type { Allocation, Allocations } from '../model/allocation.js';
import type { Attachment } from '../model/attachment.js';
import type { Lasting } from '../model/lasting.js';
import type { Quarantine, Quarantines } from '../model/quarantine.js';
import { setupOf } from '../model/setup.js';

/** Version that this enim writes. A file of a later one is refused, never guessed at. */
export const STATE_VERSION = 3;

/** All that enim knows of a node. */
export interface State {
  readonly version: number;
  /** Counts the writes. */
  readonly generation: number;
  /** When it was written; ISO 8601, UTC. */
  readonly written: string;
  /** What this generation was written for; an enim that does not know the key takes it for `always`. */
  readonly lasting: Lasting;
  /** By `network/containerID/ifname`. */
  readonly attachments: Readonly<Record<string, Attachment>>;
  /** The static provider's ledger, by ENI ID. */
  readonly allocations: Allocations;
  readonly quarantines: Quarantines;
}

/** The state of a node on which enim has done nothing yet. */
export const EMPTY_STATE: State = {
  version: STATE_VERSION,
  generation: 0,
  written: '',
  lasting: 'always',
  attachments: {},
  allocations: {},
  quarantines: {},
};

// Each once: what a call makes of schemas, it makes before its NIC moves.
const text = v.string();
const textOrNull = v.nullable(text);
const number = v.number();
const numberOrNull = v.nullable(number);
const boolean = v.boolean();
// Without a version of their own: an older enim leaves them out, and is not to be kept from the file by them.
const laterText = v.optional(textOrNull, null);
const laterBoolean = v.optional(v.nullable(boolean), null);

type Check<T> = (value: unknown) => v.SafeParseResult<v.GenericSchema<unknown, T>>;

function checkOf<T>(schema: v.GenericSchema<unknown, T>): Check<T> {
  return (value) => v.safeParse(schema, value);
}

/** More are forgotten; a node has fewer. */
const REMEMBERED = 1_024;

/** The same for values of which most were good a moment ago, in another generation: those are not checked anew. */
function rememberingCheckOf<T>(schema: v.GenericSchema<unknown, T>): Check<T> {
  const known = new Map<string, ReturnType<Check<T>>>();
  return (value) => {
    const text = JSON.stringify(value);
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = v.safeParse(schema, value);
    if (known.size >= REMEMBERED) known.clear();
    if (result.success) known.set(text, result);
    return result;
  };
}

/** Any key is a key, also `constructor`, which valibot's own records and objects leave out. */
function recordOf<T>(check: Check<T>) {
  return v.pipe(
    v.custom<Record<string, unknown>>(isRecord, 'Invalid type: Expected an object'),
    v.rawTransform(({ dataset, addIssue }): Readonly<Record<string, T>> => {
      const input = dataset.value;
      const entries = Object.entries(input).flatMap(([key, value]) => {
        const result = check(value);
        if (result.success) return [[key, result.output] as const];
        const here: v.UnknownPathItem = { type: 'unknown', origin: 'value', input, key, value };
        for (const { message, path } of result.issues) addIssue({ message, path: [here, ...(path ?? [])] });
        return [];
      });
      return Object.fromEntries(entries);
    }),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const EniAddress = v.object({ address: text, gateway: textOrNull });

const AddressOrNull = v.nullable(EniAddress);
const Routes = v.array(v.object({ dst: text, gw: v.exactOptional(text) }));

const Eni = v.object({
  id: text,
  mac: text,
  pciAddress: textOrNull,
  ifname: textOrNull,
  mtu: numberOrNull,
  ipv4: AddressOrNull,
  ipv6: AddressOrNull,
  routes: v.nullable(Routes),
});

const endpoint = { network: text, containerID: text, ifname: text, owner: text, uid: textOrNull };

const Setup = v.object({
  addresses: v.array(EniAddress),
  routes: Routes,
  mtu: numberOrNull,
  mac: textOrNull,
  dns: v.nullable(v.custom<Record<string, unknown>>(isRecord, 'Invalid type: Expected an object')),
});

const Route = v.object({
  dst: text,
  family: v.picklist([4, 6]),
  gateway: textOrNull,
  dev: text,
  table: text,
  metric: numberOrNull,
  scope: textOrNull,
  prefsrc: textOrNull,
  protocol: textOrNull,
  weight: v.optional(numberOrNull, null),
});

const Snapshot = v.object({
  ifindex: number,
  name: text,
  altnames: v.array(text),
  alias: textOrNull,
  mac: text,
  permanentMac: text,
  busAddress: textOrNull,
  mtu: number,
  txqueuelen: number,
  group: text,
  up: boolean,
  promiscuous: boolean,
  arp: laterBoolean,
  multicast: laterBoolean,
  allmulticast: laterBoolean,
  broadcast: laterText,
  mode: laterText,
  packets: v.optional(recordOf(checkOf(number)), {}),
  xdp: v.optional(v.nullable(v.array(text)), null),
  master: textOrNull,
  addresses: v.array(v.object({ address: text, scope: text })),
  routes: v.array(Route),
  sysctls: recordOf(checkOf(text)),
});

const AttachmentRecord = v.object({
  ...endpoint,
  role: v.picklist(['main', 'ipam']),
  setup: Setup,
  eni: Eni,
  netns: v.object({ path: text, inode: v.number() }),
  phase: v.picklist(['attaching', 'attached', 'releasing']),
  since: text,
  bootID: text,
  snapshot: Snapshot,
});

const AllocationRecord = v.object({
  eni: Eni,
  holder: v.nullable(v.object(endpoint)),
  since: textOrNull,
  releasedAt: textOrNull,
});

const QuarantineRecord = v.object({
  ...{ reason: text, since: text, until: textOrNull },
  mac: laterText,
});

const StateFile = v.object({
  version: v.literal(STATE_VERSION),
  generation: v.pipe(v.number(), v.integer(), v.minValue(0)),
  written: text,
  lasting: v.optional(v.picklist(['always', 'this boot']), 'always'),
  attachments: recordOf<Attachment>(rememberingCheckOf(AttachmentRecord)),
  allocations: recordOf<Allocation>(rememberingCheckOf(AllocationRecord)),
  quarantines: recordOf<Quarantine>(checkOf(QuarantineRecord)),
}) satisfies v.GenericSchema<unknown, State>;

/** A step from one version of the file to the next. */
export type Migration = (state: Record<string, unknown>) => Record<string, unknown>;

/** Steps by the version that they start from. Version 1 is the first. */
const MIGRATIONS: Readonly<Record<number, Migration>> = {
  // Until then every attachment moved its NIC, and set it up as its ENI said; and there was no quarantine.
  1: (state) => ({ ...state, attachments: mapRecord(state.attachments, withSetup), quarantines: {} }),
  // Until then the sysctls of a NIC at home were lost when it left.
  2: (state) => ({ ...state, attachments: mapRecord(state.attachments, withSysctls) }),
};

/** What they were is not known any more. */
function withSysctls(attachment: unknown): unknown {
  const result = v.safeParse(v.looseObject({ snapshot: v.looseObject({}) }), attachment);
  return result.success ? { ...result.output, snapshot: { ...result.output.snapshot, sysctls: {} } } : attachment;
}

function withSetup(attachment: unknown): unknown {
  const result = v.safeParse(v.looseObject({ eni: Eni }), attachment);
  // What is no attachment fails the check that follows.
  return result.success ? { ...result.output, role: 'main', setup: setupOf(result.output.eni) } : attachment;
}

function mapRecord(record: unknown, change: (value: unknown) => unknown): unknown {
  if (!isRecord(record)) return record;
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** What a file turned out to be. */
export type Reading =
  | { readonly kind: 'good'; readonly state: State }
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'damaged'; readonly reason: string };

/** Reads the text of a state file, bringing older versions up to the present one. */
export function parseState(content: string): Reading {
  if (content.trim() === '') return { kind: 'damaged', reason: 'it is empty' };
  let raw: unknown;
  try {
    raw = JSON.parse(content);
  } catch {
    return { kind: 'damaged', reason: 'it is no JSON' };
  }
  const version = v.safeParse(v.looseObject({ version: v.pipe(v.number(), v.integer(), v.minValue(1)) }), raw);
  if (!version.success) return { kind: 'damaged', reason: 'it has no version' };
  if (version.output.version > STATE_VERSION) return { kind: 'newer', version: version.output.version };
  const result = v.safeParse(StateFile, migrate(version.output, MIGRATIONS, STATE_VERSION));
  if (result.success) return { kind: 'good', state: result.output };
  const [issue] = result.issues;
  return { kind: 'damaged', reason: `${v.getDotPath(issue) ?? 'it'}: ${issue.message}` };
}

/** Applies the steps from the file's version up to `target`. A version without a step stays, and fails the check that follows. */
export function migrate(
  state: Record<string, unknown> & { version: number },
  steps: Readonly<Record<number, Migration>>,
  target: number,
): Record<string, unknown> {
  let current: Record<string, unknown> = state;
  for (let version = state.version; version < target; version += 1) {
    current = { ...(steps[version]?.(current) ?? current), version: version + 1 };
  }
  return current;
}
