/** The network configuration list that makes a container runtime call enim. Pure. */

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
  try {
    const { plugins } = JSON.parse(text) as { plugins?: unknown };
    return Array.isArray(plugins) && plugins.length === 1 && (plugins[0] as { type?: unknown } | null)?.type === PLUGIN;
  } catch {
    return false;
  }
}

/** The names of other configurations that a runtime which takes the first file would take instead of ours. */
export function namesBefore(name: string, names: readonly string[]): string[] {
  return names.filter((each) => /\.(conf|conflist|json)$/.test(each) && each < name).sort();
}
