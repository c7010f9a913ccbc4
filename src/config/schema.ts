/** The settings: their shape, and what is wrong with a file that has another one. Pure. */
import * as v from 'valibot';
import type { Rules } from '../model/discover.js';
import { INTERVALS } from '../model/duration.js';
import type { Eni } from '../model/eni.js';
import { LOG_LEVELS, type LogLevel } from '../model/loglevel.js';
import { isNodeName } from '../model/names.js';
import { duplicates, EniEntry } from './enis.js';
import { type SettingsFault, toFault } from './faults.js';
import { about, check, object, shown } from './fields.js';

/** The settings as the program uses them. */
export interface Settings {
  readonly provider: 'static' | 'kubernetes';
  /** Name under which attachments by hand are recorded; CNI configurations bring their own. */
  readonly network: string;
  /** Longest wait for a lock, in milliseconds. */
  readonly lockWait: number;
  readonly static: { readonly enis: readonly Eni[]; readonly discover: Rules | null };
  readonly kubernetes: {
    /** Path; null looks for one. */
    readonly kubeconfig: string | null;
    /** Name of this node in the cluster; null is what the environment or the machine says. */
    readonly nodeName: string | null;
    /** Longest time for one operation with the API server, in milliseconds. */
    readonly timeout: number;
  };
  readonly agent: {
    /** Between two rounds of gc, in milliseconds; 0 is never. */
    readonly gcEvery: number;
    /** Between two rounds of sync, in milliseconds; 0 is never. */
    readonly syncEvery: number;
    /** The least that its log says. */
    readonly logLevel: LogLevel;
  };
}

/** What holds where the settings say nothing, or do not exist. */
export const DEFAULTS: Settings = {
  provider: 'static',
  network: 'enim',
  lockWait: 10_000,
  static: { enis: [], discover: null },
  kubernetes: { kubeconfig: null, nodeName: null, timeout: 10_000 },
  agent: { gcEvery: 30_000, syncEvery: 30_000, logLevel: 'info' },
};

const words = v.pipe(
  v.union([v.string(), v.array(v.string())], ({ input }) => `is ${shown(input)}, not a text or a list of texts`),
  v.transform((value) => (typeof value === 'string' ? [value] : value)),
);

const Discover = v.pipe(
  object({
    driver: v.optional(v.pipe(words, about('only NICs of these kernel drivers', { unset: 'any' })), []),
    name: v.optional(v.pipe(v.string(), about('only NICs whose name fits this pattern (`*`, `?`)', { unset: 'any' }))),
    exclude: v.optional(
      v.pipe(words, about('never these: names, patterns, MACs or bus addresses', { unset: 'none' })),
      [],
    ),
  }),
  about('take spare NICs of the node as ENIs, besides the inventory; `{}` takes every spare card', { unset: 'none' }),
  v.transform(({ driver, name = null, exclude }): Rules => ({ driver, name, exclude })),
);

const Kubernetes = v.pipe(
  object({
    kubeconfig: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^\//, ({ input }) => `${shown(input)} is no absolute path`),
        about('absolute path: how to reach the API server, and as whom', {
          unset: 'the service account of the pod that enim runs in',
          env: 'KUBECONFIG',
        }),
      ),
    ),
    nodeName: v.optional(
      v.pipe(
        v.string(),
        check(isNodeName, ({ input }) => `${shown(input)} can be no name of a node`),
        about('name of this node in the cluster', { unset: 'the host name', env: 'NODE_NAME' }),
      ),
    ),
    timeout: v.optional(
      v.pipe(
        v.number(),
        check(
          (ms) => ms >= 100 && ms <= 600_000,
          ({ input }) => `${input} is not between 100 and 600000 ms`,
        ),
        about('how long one operation tries to reach the API server, in milliseconds', {
          schema: { minimum: 100, maximum: 600_000 },
        }),
      ),
      DEFAULTS.kubernetes.timeout,
    ),
  }),
  about('the ENIs of the provider `kubernetes`, which are a cluster’s'),
  v.transform(({ kubeconfig = null, nodeName = null, timeout }): Settings['kubernetes'] => ({
    ...{ kubeconfig, nodeName, timeout },
  })),
);

const Interval = v.pipe(
  v.number(),
  check(
    (ms) => ms === 0 || (ms >= INTERVALS.shortest && ms <= INTERVALS.longest),
    ({ input }) => `${input} is neither 0 nor between ${INTERVALS.shortest} and ${INTERVALS.longest} ms`,
  ),
);

const ZERO_OR_MORE = { anyOf: [{ const: 0 }, { minimum: INTERVALS.shortest, maximum: INTERVALS.longest }] };

const Agent = v.pipe(
  object({
    gcEvery: v.optional(
      v.pipe(
        Interval,
        about('time between two rounds of gc of `enim agent`, in milliseconds; 0 is never', {
          flag: '--gc-every',
          schema: ZERO_OR_MORE,
        }),
      ),
      DEFAULTS.agent.gcEvery,
    ),
    syncEvery: v.optional(
      v.pipe(
        Interval,
        about('time between two rounds of sync of `enim agent`, in milliseconds; 0 is never', {
          flag: '--sync-every',
          schema: ZERO_OR_MORE,
        }),
      ),
      DEFAULTS.agent.syncEvery,
    ),
    logLevel: v.optional(
      v.pipe(
        v.picklist(
          LOG_LEVELS,
          ({ input }) => `${shown(input)} is no level; known: ${LOG_LEVELS.map((each) => shown(each)).join(', ')}`,
        ),
        about('the least that `enim agent` logs', { flag: '--log-level' }),
      ),
      DEFAULTS.agent.logLevel,
    ),
  }),
  about('what `enim agent` does by itself'),
);

const Static = v.pipe(
  object({
    enis: v.optional(
      v.pipe(
        v.array(EniEntry),
        about(
          'the inventory, one entry an ENI; no two may have the same ID, MAC, bus address, name at home, or address',
        ),
      ),
      [],
    ),
    discover: v.optional(Discover),
  }),
  about('the ENIs of the provider `static`'),
);

/** The settings file, with what the reference says of each key. */
export const SettingsFile = v.pipe(
  object({
    provider: v.optional(
      v.pipe(
        v.picklist(
          ['static', 'kubernetes'],
          ({ input }) => `${shown(input)} is no provider; known: "static", "kubernetes"`,
        ),
        about('who answers which ENIs there are'),
      ),
      DEFAULTS.provider,
    ),
    network: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, ({ input }) => `${shown(input)} is no network name`),
        about('network name under which attachments by hand are recorded'),
      ),
      DEFAULTS.network,
    ),
    lockWait: v.optional(
      v.pipe(
        v.number(),
        check(
          (ms) => ms > 0 && ms <= 600_000,
          ({ input }) => `${input} is not between 1 and 600000 ms`,
        ),
        about('longest wait for a lock, in milliseconds', { schema: { exclusiveMinimum: 0, maximum: 600_000 } }),
      ),
      DEFAULTS.lockWait,
    ),
    static: v.optional(Static, {}),
    kubernetes: v.optional(Kubernetes, {}),
    agent: v.optional(Agent, {}),
  }),
  v.transform(
    (file): Settings => ({ ...file, static: { enis: file.static.enis, discover: file.static.discover ?? null } }),
  ),
);

/** Reads the parsed JSON of a settings file. Reports every field that is wrong, not just the first; of unknown keys the
 * first of each object. */
export function parseSettings(
  json: unknown,
): { readonly settings: Settings } | { readonly faults: readonly SettingsFault[] } {
  const result = v.safeParse(SettingsFile, json);
  if (!result.success) return { faults: result.issues.map(toFault) };
  const faults = duplicates(result.output.static.enis);
  return faults.length > 0 ? { faults } : { settings: result.output };
}
