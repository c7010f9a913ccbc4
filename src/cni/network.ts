/**
 * The network configuration of a call (CNI specification 1.1.0, section 1): the specification's keys, those of the host-device plugin,
 * and our own. Unknown keys are ignored. Pure.
 */
import * as v from 'valibot';
import type { DeviceSelector } from '../model/device.js';
import { EnimError } from '../model/errors.js';
import type { LogLevel } from '../model/loglevel.js';
import type { CniCommand } from './call.js';
import { Configuration, shown } from './configuration.js';
import { type Dns, parseResult, type Result } from './result.js';
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
    throw new EnimError(
      'INCOMPATIBLE_VERSION',
      `The network configuration has ${cniVersion === undefined ? 'no cniVersion' : `cniVersion ${shown(cniVersion)}`}.`,
      {
        details: [`supported: ${SUPPORTED_VERSIONS.join(', ')}`],
        hint,
      },
    );
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
