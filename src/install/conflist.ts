/** The network configuration list that makes a container runtime call enim. Pure. */
import { isDeepStrictEqual } from 'node:util';

/** Name of the executable in the directory of plugins, and so what a configuration calls its `type`. */
export const PLUGIN = 'enim';

/** What the list is to say. */
export interface ConflistSettings {
  readonly network: string;
  /** Of the CNI specification. */
  readonly cniVersion: string;
  /** Places that are not the default ones: the runtime does not pass our environment on. */
  readonly places: Readonly<Partial<Record<'config' | 'stateDir' | 'runDir', string>>>;
}

/** The text of the file. */
export function conflist({ network, cniVersion, places }: ConflistSettings): string {
  const plugin = { type: PLUGIN, ...places, capabilities: { mac: true, ips: true, deviceID: true } };
  return `${JSON.stringify({ cniVersion, name: network, plugins: [plugin] }, null, 2)}\n`;
}

/** Whether the text of a list is one whose only plugin is ours. */
export function isOurConflist(text: string): boolean {
  return ourPluginIn(text) !== undefined;
}

/** The directory of the state that a list of ours names; undefined where it names none, or is another's. */
export function stateDirIn(text: string): string | undefined {
  const stateDir = ourPluginIn(text)?.stateDir;
  return typeof stateDir === 'string' && stateDir !== '' ? stateDir : undefined;
}

function ourPluginIn(text: string): Readonly<Record<string, unknown>> | undefined {
  const plugins = parsed(text)?.plugins;
  const [only = null, ...others] = (Array.isArray(plugins) ? plugins : []) as (Record<string, unknown> | null)[];
  return others.length === 0 && only?.type === PLUGIN ? only : undefined;
}

/** Whether two lists say the same, however they are laid out. */
export function saysTheSame(one: string, other: string): boolean {
  return isDeepStrictEqual(parsed(one), parsed(other));
}

/** The version in the text of a list that says the same as another but for that; undefined where more differs, or nothing. */
export function otherVersionIn(before: string, text: string): string | undefined {
  const [old, fresh] = [parsed(before), parsed(text)];
  if (typeof old?.cniVersion !== 'string' || old.cniVersion === fresh?.cniVersion) return undefined;
  return isDeepStrictEqual({ ...old, cniVersion: fresh?.cniVersion }, fresh) ? old.cniVersion : undefined;
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return (JSON.parse(text) as Record<string, unknown> | null) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Whether a plugin of a network configuration, of a list or a single one, is ours, or has ours as its IPAM plugin. */
export function callsUs(text: string): boolean {
  const config = parsed(text);
  const plugins = Array.isArray(config?.plugins) ? (config.plugins as unknown[]) : [config];
  return plugins.some((each) => {
    const { type, ipam } = (each ?? {}) as {
      readonly type?: unknown;
      readonly ipam?: { readonly type?: unknown } | null;
    };
    return type === PLUGIN || ipam?.type === PLUGIN;
  });
}

/** Whether runtimes take a file of this name for a network configuration. */
export function isConfiguration(name: string): boolean {
  return /\.(conf|conflist|json)$/.test(name);
}

/** The names of other configurations that a runtime which takes the first file would take instead of ours. */
export function namesBefore(name: string, names: readonly string[]): string[] {
  return names.filter((each) => isConfiguration(each) && each < name).sort();
}
