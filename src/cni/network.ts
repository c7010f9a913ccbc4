/**
 * The network configuration of a call (CNI specification 1.1.0, section 1): the specification's keys, those of the host-device plugin,
 * and our own. Unknown keys are ignored. Pure.
 */
import { posix } from 'node:path';
import * as v from 'valibot';
import { formatCidr, parseCidr, parseIP, parseMac, parsePciAddress } from '../model/address.js';
import type { DeviceSelector } from '../model/device.js';
import { EnimError } from '../model/errors.js';
import { LOG_LEVELS, type LogLevel } from '../model/loglevel.js';
import { containerIDFault, ifnameFault, isNetworkName } from '../model/names.js';
import type { CniCommand } from './call.js';
import { type Dns, DnsSchema, parseResult, type Result } from './result.js';
import { type CniVersion, isAtLeast, isSupported, SUPPORTED_VERSIONS } from './version.js';

/** A network configuration that was read and is in order. */
export interface Network {
  readonly cniVersion: CniVersion;
  readonly name: string;
  /** Name of the main plugin's executable: ours, unless we are its IPAM plugin. */
  readonly type: string;
  /** As it came, for plugins that it is passed on to. */
  readonly raw: Readonly<Record<string, unknown>>;
  readonly config: string | null;
  readonly stateDir: string | null;
  readonly runDir: string | null;
  /** Milliseconds. */
  readonly lockWait: number | null;
  readonly logFile: string | null;
  readonly logLevel: LogLevel;
  /** Bytes. */
  readonly mtu: number | null;
  /** Take a NIC that the node itself seems to use. */
  readonly force: boolean;
  /** The device to take; null leaves the choice to the provider. */
  readonly device: DeviceSelector | null;
  /** The MAC that the pod asks for. */
  readonly mac: string | null;
  /** The addresses that the pod asks for, with prefix length or without. */
  readonly ips: readonly string[];
  readonly ipam: { readonly type: string } | null;
  readonly dns: Dns | null;
  readonly prevResult: Result | null;
  /** What the runtime knows to be alive; null if it does not say. */
  readonly validAttachments: readonly { readonly containerID: string; readonly ifname: string }[] | null;
}

/** Verbs that came with a version. */
const SINCE: Partial<Record<CniCommand, CniVersion>> = { CHECK: '0.4.0', GC: '1.1.0', STATUS: '1.1.0' };

/** Characters of a value that are shown. */
const SHOWN = 200;

function shown(input: unknown): string {
  try {
    const text = JSON.stringify(input) ?? 'nothing';
    return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  } catch {
    // JSON may be read at a depth at which writing it is a RangeError.
    return 'something nested too deeply';
  }
}

/** A text that passes `test`, and becomes what `convert` makes of it; `what` says what it should be. */
function word<T = string>(convert: (text: string) => T | undefined, what: string) {
  return v.pipe(
    v.string(({ input }) => `is ${shown(input)}, which is no ${what}`),
    v.rawTransform(({ dataset, addIssue, NEVER }): T => {
      const converted = convert(dataset.value);
      if (converted !== undefined) return converted;
      addIssue({ message: `is ${shown(dataset.value)}, which is no ${what}` });
      return NEVER;
    }),
  );
}

const Path = word((text) => (posix.isAbsolute(text) && !text.includes('\0') ? text : undefined), 'absolute path');
const Mac = word((text) => podMac(parseMac(text)), 'MAC address of a single device');
const Ip = word((text) => ipOrCidr(text), 'IP address');
const Pci = word(parsePciAddress, 'PCI address, such as "0000:00:05.0"');
const DeviceID = word((text) => parsePciAddress(text) ?? auxiliaryID(text), 'PCI address or ID of an auxiliary device');
const KernelPath = word(kernelPath, 'path below /sys/devices or /sys/bus');

const Attachment = v.looseObject({
  containerID: word((text) => (containerIDFault(text) === undefined ? text : undefined), 'container ID'),
  ifname: word((text) => (ifnameFault(text) === undefined ? text : undefined), 'interface name'),
});

/** Absent, null and `""` are the same to Go's plugins. */
function blank<T extends v.GenericSchema>(schema: T) {
  return v.optional(
    v.nullable(
      v.union(
        [
          v.pipe(
            v.literal(''),
            v.transform(() => null),
          ),
          schema,
        ],
        firstMessage,
      ),
    ),
    null,
  );
}

function firstMessage(issue: {
  readonly issues?: readonly v.BaseIssue<unknown>[] | undefined;
  readonly input: unknown;
}): string {
  return issue.issues?.find(({ type }) => type !== 'literal')?.message ?? `is ${shown(issue.input)}`;
}

const Requests = v.looseObject({ mac: blank(Mac), ips: v.optional(v.nullable(v.array(Ip)), null) });

const Configuration = v.looseObject({
  name: word((text) => (isNetworkName(text) ? text : undefined), 'network name'),
  type: v.optional(v.string(), ''),
  ...{ config: blank(Path), stateDir: blank(Path), runDir: blank(Path), logFile: blank(Path) },
  lockWait: v.optional(v.nullable(v.pipe(v.number(), v.minValue(1), v.maxValue(600_000))), null),
  logLevel: v.optional(v.picklist(LOG_LEVELS), 'info'),
  mtu: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(68), v.maxValue(65_535))), null),
  force: v.optional(v.boolean(), false),
  device: blank(word((text) => (ifnameFault(text) === undefined ? text : undefined), 'interface name')),
  hwaddr: blank(word(parseMac, 'MAC address')),
  kernelpath: blank(KernelPath),
  pciBusID: blank(Pci),
  runtimeConfig: v.optional(v.nullable(v.looseObject({ ...Requests.entries, deviceID: blank(DeviceID) })), null),
  args: v.optional(v.nullable(v.looseObject({ cni: v.optional(v.nullable(Requests), null) })), null),
  ipam: v.optional(v.nullable(v.looseObject({ type: v.optional(v.string(), '') })), null),
  dns: v.optional(v.nullable(DnsSchema), null),
  'cni.dev/valid-attachments': v.optional(v.nullable(v.array(Attachment)), null),
  'cni.dev/attachments': v.optional(v.nullable(v.array(Attachment)), null),
});

/**
 * Reads the text of a network configuration.
 *
 * @throws EnimError UNDECODABLE, INCOMPATIBLE_VERSION, or INVALID_CONFIG naming every field that is wrong
 */
export function parseNetwork(stdin: string, command: CniCommand): Network {
  const raw = parseObject(stdin);
  const cniVersion = versionOf(raw, command);
  const result = v.safeParse(Configuration, raw);
  if (!result.success) throw invalid(result.issues);
  const file = result.output;
  const { name, type, config, stateDir, runDir, lockWait, logFile, logLevel, mtu, force, dns } = file;
  return {
    ...{ cniVersion, name, type, raw, config, stateDir, runDir, lockWait, logFile, logLevel, mtu, force, dns },
    device: deviceOf(file),
    mac: file.runtimeConfig?.mac ?? file.args?.cni?.mac ?? null,
    ips: file.runtimeConfig?.ips ?? file.args?.cni?.ips ?? [],
    ipam: file.ipam === null || file.ipam.type === '' ? null : { type: file.ipam.type },
    prevResult: previousOf(raw, command),
    validAttachments: file['cni.dev/valid-attachments'] ?? file['cni.dev/attachments'],
  };
}

function parseObject(stdin: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(stdin);
  } catch (thrown) {
    // A text that is nested too deeply ends in a RangeError.
    const reason = stdin.trim() === '' ? 'it is empty' : thrown instanceof Error ? thrown.message : String(thrown);
    throw new EnimError('UNDECODABLE', `The network configuration on standard input is not JSON: ${reason}.`, {
      hint: 'correct the file that the runtime read it from, usually below /etc/cni/net.d',
    });
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw new EnimError('UNDECODABLE', 'The network configuration on standard input is no JSON object.', {
    hint: 'correct the file that the runtime read it from, usually below /etc/cni/net.d',
  });
}

function versionOf({ cniVersion }: Record<string, unknown>, command: CniCommand): CniVersion {
  const hint = `use one of ${SUPPORTED_VERSIONS.join(', ')}`;
  if (!isSupported(cniVersion)) {
    throw new EnimError('INCOMPATIBLE_VERSION', `The network configuration has cniVersion ${shown(cniVersion)}.`, {
      details: [`supported: ${SUPPORTED_VERSIONS.join(', ')}`],
      hint,
    });
  }
  const since = SINCE[command];
  if (since === undefined || isAtLeast(cniVersion, since)) return cniVersion;
  throw new EnimError('INCOMPATIBLE_VERSION', `cniVersion ${cniVersion} has no ${command}; it came with ${since}.`, {
    hint,
  });
}

/** What another plugin got wrong must not keep a NIC from coming home: only an ADD and a CHECK need it. */
function previousOf({ prevResult = null }: Record<string, unknown>, command: CniCommand): Result | null {
  return prevResult === null || (command !== 'ADD' && command !== 'CHECK') ? null : parseResult(prevResult);
}

/** As the host-device plugin chooses among its keys. */
function deviceOf(file: v.InferOutput<typeof Configuration>): DeviceSelector | null {
  const { device, hwaddr, kernelpath } = file;
  const address = file.runtimeConfig?.deviceID ?? file.pciBusID;
  if (device !== null) return { by: 'name', name: device };
  if (hwaddr !== null) return { by: 'mac', mac: hwaddr };
  if (kernelpath !== null) return { by: 'kernelpath', path: kernelpath };
  return address === null ? null : { by: 'bus', address };
}

function podMac(mac: string | undefined): string | undefined {
  if (mac === undefined || mac === '00:00:00:00:00:00') return undefined;
  const isGroup = (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
  return isGroup ? undefined : mac;
}

function ipOrCidr(text: string): string | undefined {
  const cidr = parseCidr(text);
  return cidr === undefined ? parseIP(text)?.address : formatCidr(cidr);
}

function auxiliaryID(text: string): string | undefined {
  return /^[a-z0-9_]+\.[a-z0-9_]+\.\d+$/i.test(text) ? text : undefined;
}

function kernelPath(text: string): string | undefined {
  const path = posix.normalize(text).replace(/\/$/, '');
  return /^\/sys\/(devices|bus)\/./.test(path) && !path.includes('\0') ? path : undefined;
}

function invalid(issues: readonly v.BaseIssue<unknown>[]): EnimError {
  const faults = issues.map(
    (issue) => `${v.getDotPath(issue) ?? 'it'} ${issue.received === 'undefined' ? 'is missing' : clause(issue)}`,
  );
  return new EnimError('INVALID_CONFIG', `The network configuration is wrong: ${faults[0]}.`, {
    details: faults.slice(1),
    hint: 'correct the file that the runtime read it from, usually below /etc/cni/net.d',
  });
}

function clause({ message, input }: v.BaseIssue<unknown>): string {
  return message.startsWith('is ') ? message : `is ${shown(input)} (${message})`;
}
