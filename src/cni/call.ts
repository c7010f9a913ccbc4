/** The environment of a call: which verb, for which container (CNI specification 1.1.0, section 2, "Parameters"). Pure. */
import { EnimError } from '../model/errors.js';
import { containerIDFault, ifnameFault } from '../model/names.js';

const COMMANDS = ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS'] as const;

/** What is work; VERSION is answered without all this. */
export type CniCommand = (typeof COMMANDS)[number];

/** What a call says of itself. A variable that its verb does not need is empty where it is missing. */
export interface CniCall {
  readonly command: CniCommand;
  readonly containerID: string;
  /** Path of the sandbox's netns; a DEL may come without. */
  readonly netns: string;
  readonly ifname: string;
  readonly args: CniArgs;
  /** Directories with plugins. */
  readonly path: readonly string[];
}

/** What Kubernetes' runtimes say of the pod. */
export interface CniArgs {
  readonly namespace: string | null;
  readonly name: string | null;
  readonly uid: string | null;
}

interface Variable {
  readonly name: string;
  readonly neededBy: readonly CniCommand[];
  /** Why a value cannot be, as a clause; undefined if it can. */
  readonly fault: (value: string) => string | undefined;
}

const VARIABLES: readonly Variable[] = [
  { name: 'CNI_CONTAINERID', neededBy: ['ADD', 'DEL', 'CHECK'], fault: containerIDFault },
  { name: 'CNI_NETNS', neededBy: ['ADD', 'CHECK'], fault: () => undefined },
  {
    name: 'CNI_IFNAME',
    neededBy: ['ADD', 'DEL', 'CHECK'],
    fault: (name) => ifnameFault(name) ?? (name === 'lo' ? 'is the loopback’s' : undefined),
  },
];

/**
 * Reads the environment.
 *
 * @throws EnimError INVALID_ENVIRONMENT, naming every variable that is missing or wrong
 */
export function parseCall(env: NodeJS.ProcessEnv): CniCall {
  const command = COMMANDS.find((each) => each === env.CNI_COMMAND);
  if (command === undefined)
    throw invalid([`CNI_COMMAND is ${quoted(env.CNI_COMMAND)}, which is none of ${COMMANDS.join(', ')}, VERSION`]);
  const faults = VARIABLES.filter(({ neededBy }) => neededBy.includes(command)).flatMap(({ name, fault }) => {
    const value = env[name] ?? '';
    if (value === '') return [`${name} is missing`];
    const wrong = fault(value);
    return wrong === undefined ? [] : [`${name} ${quoted(value)} ${wrong}`];
  });
  const args = parseArgs(env.CNI_ARGS ?? '');
  if ('fault' in args) faults.push(args.fault);
  if ('fault' in args || faults.length > 0) throw invalid(faults);
  return {
    command,
    containerID: env.CNI_CONTAINERID ?? '',
    netns: env.CNI_NETNS ?? '',
    ifname: env.CNI_IFNAME ?? '',
    args,
    path: (env.CNI_PATH ?? '').split(':').filter((directory) => directory !== ''),
  };
}

/**
 * `KEY=VALUE;KEY=VALUE`, in any order. Keys that we do not know are ignored, IgnoreUnknown or not: kubelet and podman always set it,
 * and whoever forgets it means no harm.
 */
function parseArgs(text: string): CniArgs | { readonly fault: string } {
  const values = new Map<string, string>();
  for (const pair of text.split(';').filter((each) => each !== '')) {
    const at = pair.indexOf('=');
    if (at <= 0) return { fault: `CNI_ARGS has ${quoted(pair)} in it, which is no KEY=VALUE` };
    values.set(pair.slice(0, at), pair.slice(at + 1));
  }
  const get = (key: string): string | null => values.get(key) || null;
  return { namespace: get('K8S_POD_NAMESPACE'), name: get('K8S_POD_NAME'), uid: get('K8S_POD_UID') };
}

function invalid(faults: readonly string[]): EnimError {
  return new EnimError('INVALID_ENVIRONMENT', `${faults.join('; ')}.`, {
    hint: 'a container runtime sets these variables; by hand, see the CNI specification',
  });
}

function quoted(value: string | undefined): string {
  return JSON.stringify(value ?? '');
}
