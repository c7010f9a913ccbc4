/** The settings: their shape, and what is wrong with a file that has another one. Pure. */
import * as v from 'valibot';
import { isHostAddress, networkOf, parseCidr, parseIP, parseMac, parsePciAddress } from '../model/address.js';
import type { Rules } from '../model/discover.js';
import type { Eni, EniAddress, EniRoute } from '../model/eni.js';
import { ifnameFault, isNodeName } from '../model/names.js';
import { type SettingsFault, toFault } from './faults.js';

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
  };
}

/** What holds where the settings say nothing, or do not exist. */
export const DEFAULTS: Settings = {
  provider: 'static',
  network: 'enim',
  lockWait: 10_000,
  static: { enis: [], discover: null },
  kubernetes: { kubeconfig: null, nodeName: null, timeout: 10_000 },
  agent: { gcEvery: 30_000, syncEvery: 30_000 },
};

const check = <T>(test: (value: T) => boolean, message: (issue: { input: T }) => string) => v.check(test, message);
const shown = (input: unknown): string => JSON.stringify(input);

/** An object with these keys and no others. valibot takes a list for an object; people do not. */
function object<T extends v.ObjectEntries>(entries: T) {
  return v.pipe(
    v.unknown(),
    v.check((value) => !Array.isArray(value), 'is a list, not an object'),
    v.strictObject(entries),
  );
}

const Mac = v.pipe(
  v.string(),
  check(
    (text) => parseMac(text) !== undefined,
    ({ input }) => `${shown(input)} is no MAC address, such as "02:e0:00:00:00:01"`,
  ),
  v.transform((text) => parseMac(text) as string),
);

const Pci = v.pipe(
  v.string(),
  check(
    (text) => parsePciAddress(text) !== undefined,
    ({ input }) => `${shown(input)} is no PCI address, such as "0000:00:05.0"`,
  ),
  v.transform((text) => parsePciAddress(text) as string),
);

function addressOf(family: 4 | 6) {
  const example = family === 4 ? '10.0.0.10/24' : 'fd00::10/64';
  return v.pipe(
    object({
      address: v.pipe(
        v.string(),
        check(
          (text) => parseCidr(text)?.family === family,
          ({ input }) => `${shown(input)} is no IPv${family} address with prefix length, such as "${example}"`,
        ),
        check(
          (text) => isPodAddress(text),
          ({ input }) => `${shown(input)} is no address that a pod can have`,
        ),
      ),
      gateway: v.optional(
        v.pipe(
          v.string(),
          check(
            (text) => parseIP(text)?.family === family,
            ({ input }) => `${shown(input)} is no IPv${family} address`,
          ),
        ),
      ),
    }),
    v.transform(({ address, gateway }): EniAddress => {
      const cidr = parseCidr(address) as { address: string; prefix: number };
      return {
        address: `${cidr.address}/${cidr.prefix}`,
        gateway: gateway === undefined ? null : (parseIP(gateway)?.address ?? null),
      };
    }),
  );
}

const Route = v.pipe(
  object({
    dst: v.pipe(
      v.string(),
      check(
        (text) => parseCidr(text) !== undefined,
        ({ input }) => `${shown(input)} is no network, such as "10.9.0.0/16" or "::/0"`,
      ),
      check(
        (text) => isNetwork(text),
        ({ input }) => `${shown(input)} has host bits set`,
      ),
    ),
    gw: v.optional(
      v.pipe(
        v.string(),
        check(
          (text) => parseIP(text) !== undefined,
          ({ input }) => `${shown(input)} is no IP address`,
        ),
      ),
    ),
  }),
  v.forward(
    v.check(
      ({ dst, gw }) => isOneFamily(dst, gw),
      ({ input }) => `${shown(input.gw)} is not of the family of ${shown(input.dst)}`,
    ),
    ['gw'],
  ),
  v.transform(({ dst, gw }): EniRoute => (gw === undefined ? { dst } : { dst, gw })),
);

/** True also for what is no address at all, which another check has reported then. */
function isPodAddress(text: string): boolean {
  const cidr = parseCidr(text);
  return cidr === undefined || isHostAddress(cidr.address);
}

/** True also for what is no address at all, which another check has reported then. */
function isOneFamily(dst: string, gw: string | undefined): boolean {
  const [to, via] = [parseCidr(dst), gw === undefined ? undefined : parseIP(gw)];
  return to === undefined || via === undefined || to.family === via.family;
}

function isNetwork(text: string): boolean {
  const cidr = parseCidr(text);
  return cidr === undefined || networkOf(cidr) === cidr.address;
}

const EniEntry = v.pipe(
  object({
    id: v.pipe(
      v.string(),
      v.regex(
        /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/,
        ({ input }) => `${shown(input)} is no ID: use letters, digits, ".", "_", "-"`,
      ),
    ),
    mac: Mac,
    pciAddress: v.optional(Pci),
    ifname: v.optional(
      v.pipe(
        v.string(),
        check(
          (text) => ifnameFault(text) === undefined,
          ({ input }) => `${shown(input)} ${ifnameFault(input)}`,
        ),
      ),
    ),
    mtu: v.optional(
      v.pipe(
        v.number(),
        v.integer(),
        check(
          (mtu) => mtu >= 68 && mtu <= 65_535,
          ({ input }) => `${input} is not between 68 and 65535 bytes`,
        ),
      ),
    ),
    ipv4: v.optional(addressOf(4)),
    ipv6: v.optional(addressOf(6)),
    routes: v.optional(v.array(Route)),
  }),
  v.forward(
    v.check(
      ({ mtu, ipv6 }) => ipv6 === undefined || mtu === undefined || mtu >= 1280,
      ({ input }) => `${input.mtu} is less than the 1280 bytes that IPv6 needs`,
    ),
    ['mtu'],
  ),
  v.transform(
    ({ id, mac, pciAddress = null, ifname = null, mtu = null, ipv4 = null, ipv6 = null, routes = null }): Eni => ({
      ...{ id, mac, pciAddress, ifname, mtu, ipv4, ipv6, routes },
    }),
  ),
);

const words = v.pipe(
  v.union([v.string(), v.array(v.string())], ({ input }) => `is ${shown(input)}, not a text or a list of texts`),
  v.transform((value) => (typeof value === 'string' ? [value] : value)),
);

const Discover = v.pipe(
  object({ driver: v.optional(words, []), name: v.optional(v.string()), exclude: v.optional(words, []) }),
  v.transform(({ driver, name = null, exclude }): Rules => ({ driver, name, exclude })),
);

const Kubernetes = v.pipe(
  object({
    kubeconfig: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^\//, ({ input }) => `${shown(input)} is no absolute path`),
      ),
    ),
    nodeName: v.optional(
      v.pipe(
        v.string(),
        check(isNodeName, ({ input }) => `${shown(input)} can be no name of a node`),
      ),
    ),
    timeout: v.optional(
      v.pipe(
        v.number(),
        check(
          (ms) => ms >= 100 && ms <= 600_000,
          ({ input }) => `${input} is not between 100 and 600000 ms`,
        ),
      ),
      DEFAULTS.kubernetes.timeout,
    ),
  }),
  v.transform(({ kubeconfig = null, nodeName = null, timeout }): Settings['kubernetes'] => ({
    ...{ kubeconfig, nodeName, timeout },
  })),
);

const Interval = v.pipe(
  v.number(),
  check(
    (ms) => ms === 0 || (ms >= 1_000 && ms <= 86_400_000),
    ({ input }) => `${input} is neither 0 nor between 1000 and 86400000 ms`,
  ),
);

const Agent = object({
  gcEvery: v.optional(Interval, DEFAULTS.agent.gcEvery),
  syncEvery: v.optional(Interval, DEFAULTS.agent.syncEvery),
});

const SettingsFile = v.pipe(
  object({
    provider: v.optional(
      v.picklist(
        ['static', 'kubernetes'],
        ({ input }) => `${shown(input)} is no provider; known: "static", "kubernetes"`,
      ),
      DEFAULTS.provider,
    ),
    network: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, ({ input }) => `${shown(input)} is no network name`),
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
      ),
      DEFAULTS.lockWait,
    ),
    static: v.optional(object({ enis: v.optional(v.array(EniEntry), []), discover: v.optional(Discover) }), {}),
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

/** Two entries of one ID, MAC or address would give one thing to two pods. */
function duplicates(enis: readonly Eni[]): SettingsFault[] {
  const seen = new Map<string, string>();
  const faults: SettingsFault[] = [];
  enis.forEach((eni, index) => {
    const values: [string, string | undefined][] = [
      ['id', eni.id],
      ['mac', eni.mac],
      ['pciAddress', eni.pciAddress ?? undefined],
      ['ifname', eni.ifname ?? undefined],
      ['ipv4.address', eni.ipv4?.address.split('/')[0]],
      ['ipv6.address', eni.ipv6?.address.split('/')[0]],
    ];
    for (const [key, value] of values) {
      if (value === undefined) continue;
      const field = `static.enis[${index}].${key}`;
      const first = seen.get(`${key} ${value}`);
      if (first !== undefined) faults.push({ field, fault: `${shown(value)} is that of ${first} already` });
      else seen.set(`${key} ${value}`, field.slice(0, field.lastIndexOf(`.${key}`)));
    }
  });
  return faults;
}
