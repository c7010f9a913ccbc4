/** Results: what an ADD answers and what later plugins and calls get as prevResult, in the shape of each version. Pure. */
import * as v from 'valibot';
import { formatCidr, parseCidr, parseIP } from '../model/address.js';
import { EnimError } from '../model/errors.js';
import { type CniVersion, isAtLeast } from './version.js';

const text = v.string();
const someText = v.exactOptional(text);
const someTexts = v.exactOptional(v.array(text));

/** Unknown keys are kept: they belong to whoever wrote them. */
const Interface = v.looseObject({
  name: text,
  mac: someText,
  mtu: v.exactOptional(v.number()),
  sandbox: someText,
  socketPath: someText,
  pciID: someText,
});

/** In our spelling, so that `===` compares; what is no address stays as it is, for others may have their own. */
const Ip = v.pipe(
  text,
  v.transform((value) => parseIP(value)?.address ?? value),
);
const someIp = v.exactOptional(Ip);
const Cidr = v.pipe(
  text,
  v.transform((value) => canonicalCidr(value)),
);

const IP = v.looseObject({
  address: v.pipe(
    text,
    v.check((value) => parseCidr(value) !== undefined, 'is no address with prefix length'),
    v.transform(canonicalCidr),
  ),
  gateway: someIp,
  interface: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0))),
});

const Route = v.looseObject({ dst: Cidr, gw: someIp });

/** DNS as in a network configuration and in a result. */
export const DnsSchema = v.looseObject({
  nameservers: someTexts,
  domain: someText,
  search: someTexts,
  options: someTexts,
});

const ResultSchema = v.looseObject({
  interfaces: v.optional(v.nullable(v.array(Interface)), []),
  ips: v.optional(v.nullable(v.array(IP)), []),
  routes: v.optional(v.nullable(v.array(Route)), []),
  dns: v.optional(v.nullable(DnsSchema), null),
});

export type Dns = v.InferOutput<typeof DnsSchema>;
export type ResultInterface = v.InferOutput<typeof Interface>;
export type ResultIP = v.InferOutput<typeof IP>;
export type ResultRoute = v.InferOutput<typeof Route>;

/** A result in the shape of 1.1.0. */
export interface Result {
  readonly interfaces: readonly ResultInterface[];
  readonly ips: readonly ResultIP[];
  readonly routes: readonly ResultRoute[];
  readonly dns: Dns | null;
}

/**
 * Reads a result of any version that the plugin speaks: they differ in what they leave out.
 *
 * @throws EnimError UNDECODABLE naming the first field that is wrong
 */
export function parseResult(json: unknown): Result {
  const result = v.safeParse(ResultSchema, json);
  if (!result.success) {
    const [issue] = result.issues;
    throw new EnimError(
      'UNDECODABLE',
      `The result of a plugin has a wrong ${v.getDotPath(issue) ?? 'shape'}: ${issue.message}.`,
      {
        hint: 'see which plugin printed it',
      },
    );
  }
  const { interfaces, ips, routes, dns } = result.output;
  return { interfaces: interfaces ?? [], ips: (ips ?? []).map(withoutVersion), routes: routes ?? [], dns };
}

function canonicalCidr(text: string): string {
  const cidr = parseCidr(text);
  return cidr === undefined ? text : formatCidr(cidr);
}

/** Our own part behind that of the plugins before us. */
export function chain(previous: Result | null, own: Result): Result {
  if (previous === null) return own;
  const offset = previous.interfaces.length;
  const shifted = own.ips.map((ip) => (ip.interface === undefined ? ip : { ...ip, interface: ip.interface + offset }));
  return {
    interfaces: [...previous.interfaces, ...own.interfaces],
    ips: [...previous.ips, ...shifted],
    routes: [...previous.routes, ...own.routes],
    dns: own.dns ?? previous.dns,
  };
}

/** The document that is printed. */
export function formatResult(
  { interfaces, ips, routes, dns }: Result,
  cniVersion: CniVersion,
): Record<string, unknown> {
  const has = (version: CniVersion): boolean => isAtLeast(cniVersion, version);
  return {
    cniVersion,
    ...(interfaces.length === 0 ? {} : { interfaces: has('1.1.0') ? interfaces : interfaces.map(oldInterface) }),
    ...(ips.length === 0 ? {} : { ips: has('1.0.0') ? ips : ips.map(withVersion) }),
    ...(routes.length === 0 ? {} : { routes: has('1.1.0') ? routes : routes.map(oldRoute) }),
    ...(dns === null ? {} : { dns }),
  };
}

/** Before 1.1.0 an interface had these keys only. */
function oldInterface({ name, mac, sandbox }: ResultInterface): ResultInterface {
  return { name, ...(mac === undefined ? {} : { mac }), ...(sandbox === undefined ? {} : { sandbox }) };
}

/** Before 1.1.0 a route had these keys only. */
function oldRoute({ dst, gw }: ResultRoute): ResultRoute {
  return gw === undefined ? { dst } : { dst, gw };
}

/** Before 1.0.0 an address said its family. */
function withVersion(ip: ResultIP): ResultIP {
  return { version: ip.address.includes(':') ? '6' : '4', ...ip };
}

function withoutVersion({ version, ...ip }: ResultIP): ResultIP {
  return ip;
}
