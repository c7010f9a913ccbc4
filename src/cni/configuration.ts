/**
 * The shape of a network configuration, and what the reference says of each key. Unknown keys are ignored, for they are other plugins'.
 * Pure.
 */
import { posix } from 'node:path';
import * as v from 'valibot';
import { about } from '../config/fields.js';
import { formatCidr, parseCidr, parseIP, parseMac, parsePciAddress } from '../model/address.js';
import { LOG_LEVELS } from '../model/loglevel.js';
import { containerIDFault, ifnameFault, isNetworkName } from '../model/names.js';
import { DnsSchema } from './result.js';
import { SUPPORTED_VERSIONS } from './version.js';

/** Characters of a value that are shown. */
const SHOWN = 200;

/** A value as it stands in the configuration, or its beginning. */
export function shown(input: unknown): string {
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

const Blank = v.pipe(
  v.literal(''),
  v.transform(() => null),
);

/** Absent, null and `""` are the same to Go's plugins. */
function blank<T extends v.GenericSchema>(schema: T, meaning: string, unset = 'none') {
  return v.optional(v.pipe(v.nullable(v.union([Blank, schema], firstMessage)), about(meaning, { unset })), null);
}

/** Absent and null are the same to Go's plugins. */
function absent<T extends v.GenericSchema>(schema: T, meaning: string, unset = 'none') {
  return v.optional(v.pipe(v.nullable(schema), about(meaning, { unset })), null);
}

function firstMessage(issue: {
  readonly issues?: readonly v.BaseIssue<unknown>[] | undefined;
  readonly input: unknown;
}): string {
  return issue.issues?.find(({ type }) => type !== 'literal')?.message ?? `is ${shown(issue.input)}`;
}

const Requests = v.looseObject({
  mac: blank(Mac, 'MAC in the pod; the NIC comes home with its own', 'the NIC’s own'),
  ips: absent(v.array(Ip), 'take the ENI that has them all; a named device without addresses gets them', 'any'),
});

/** The configuration of a plugin, with what the reference says of each key. */
export const Configuration = v.looseObject({
  cniVersion: v.pipe(
    v.unknown(),
    about('version of the CNI specification', { schema: { enum: SUPPORTED_VERSIONS, type: 'string' } }),
  ),
  name: v.pipe(
    word((text) => (isNetworkName(text) ? text : undefined), 'network name'),
    about('network name; with container ID and interface name it says which attachment is meant'),
  ),
  type: v.optional(v.pipe(v.string(), about('`enim`, the name of the executable')), ''),
  ...{
    config: blank(Path, 'absolute path of the settings', '`ENIM_CONFIG`, then `/etc/enim/config.json`'),
    stateDir: blank(Path, 'absolute path: directory of the state', '`ENIM_STATE_DIR`, then `/var/lib/enim`'),
    runDir: blank(Path, 'absolute path: directory of the lock files', '`ENIM_RUN_DIR`, then `/run/enim`'),
    logFile: blank(Path, 'absolute path: the log file'),
  },
  lockWait: absent(
    v.pipe(v.number(), v.minValue(1), v.maxValue(600_000)),
    'longest wait for a lock, in milliseconds',
    '`lockWait` of the settings',
  ),
  logLevel: v.optional(v.pipe(v.picklist(LOG_LEVELS), about('how much of the log goes into the file')), 'info'),
  mtu: absent(
    v.pipe(v.number(), v.integer(), v.minValue(68), v.maxValue(65_535)),
    'MTU in the pod, in bytes',
    '`mtu` of the ENI',
  ),
  force: v.optional(
    v.pipe(v.boolean(), about('take the device or addresses asked for although the node seems to use the NIC')),
    false,
  ),
  device: blank(
    word((text) => (ifnameFault(text) === undefined ? text : undefined), 'interface name'),
    'take the device of this name',
  ),
  hwaddr: blank(word(parseMac, 'MAC address'), 'take the device with this MAC'),
  kernelpath: blank(KernelPath, 'take the device at this path below `/sys/devices` or `/sys/bus`'),
  pciBusID: blank(Pci, 'take the device at this PCI address'),
  runtimeConfig: absent(
    v.looseObject({
      ...Requests.entries,
      deviceID: blank(DeviceID, 'take the device of this PCI address or auxiliary ID; comes before `pciBusID`'),
    }),
    'set by the runtime, for the `capabilities` of the list',
  ),
  args: absent(
    v.looseObject({ cni: absent(Requests, 'counts where `runtimeConfig` says nothing') }),
    'by whoever calls the runtime',
  ),
  ipam: absent(
    v.looseObject({ type: v.optional(v.pipe(v.string(), about('name of its executable')), '') }),
    'another plugin that says which addresses the NIC gets',
  ),
  dns: absent(DnsSchema, 'is put into the result'),
  'cni.dev/valid-attachments': absent(v.array(Attachment), 'set by the runtime for GC: what is alive', 'not said'),
  'cni.dev/attachments': absent(v.array(Attachment), 'the same, by its older name', 'not said'),
});

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
