/** One call, understood and carried out: which verb, in which role. */
import { createContext } from '../compose/context.js';
import { isNameByHand } from '../model/attachment.js';
import { EnimError } from '../model/errors.js';
import type { CniCall } from './call.js';
import { ownerOf } from './owner.js';
import type { OpenTask, Task } from './task.js';

type Verb = (task: OpenTask) => Promise<unknown>;

/** The verbs, by what loads them. */
type Verbs = Readonly<Record<Exclude<CniCall['command'], 'VERSION'>, () => Promise<Verb>>>;

/** Each is loaded when it is asked for: an ADD has no use for what a GC needs, and would take a millisecond more. */
const MAIN: Verbs = {
  ADD: async () => (await import('./add.js')).add,
  DEL: async () => (await import('./del.js')).del,
  CHECK: async () => (await import('./check.js')).check,
  GC: async () => (await import('./gc.js')).gc,
  STATUS: async () => (await import('./status.js')).status,
};

/** As `ipam` under another main plugin. */
const IPAM: Verbs = {
  ...MAIN,
  ADD: async () => (await import('./ipam.js')).ipamAdd,
  DEL: async () => (await import('./ipam.js')).ipamDel,
  CHECK: async () => (await import('./ipam.js')).ipamCheck,
};

/**
 * Carries the call out.
 *
 * @returns the document to print, undefined if there is none
 * @throws EnimError
 */
export async function perform(task: Task): Promise<unknown> {
  const { call, network, env, log } = task;
  if (call.command === 'VERSION') return undefined;
  const { config, stateDir, runDir, lockWait, device } = network;
  const context = createContext({
    env,
    overrides: {
      ...(config === null ? {} : { config }),
      ...(stateDir === null ? {} : { stateDir }),
      ...(runDir === null ? {} : { runDir }),
    },
    purpose: purposeOf(task),
    lockWait,
    // A device can be named without any; and an add for which no ENI is known says so.
    mayLackSettings: true,
    // What is in a pod is known without looking for it at home.
    device: call.command === 'ADD' || call.command === 'STATUS' ? device : null,
    warn: (message) => log('warn', message),
    kept: task.kept,
  });
  if (call.command === 'ADD' || call.command === 'GC') refuseNameOfOthers(network.name, context.settings.network);
  const isOurs = (type: string | undefined): boolean => type === 'enim' || type === task.program;
  const isIpam = isOurs(network.ipam?.type) && !isOurs(network.type);
  const ipam = isOurs(network.ipam?.type) ? null : (network.ipam?.type ?? null);
  const carryOut = await (isIpam ? IPAM : MAIN)[call.command]();
  task.loaded?.();
  return carryOut({ ...task, context, ipam });
}

/** A GC of the runtime takes what it does not know out of living pods: what was attached by hand must not count as its own. */
function refuseNameOfOthers(name: string, byHand: string): void {
  if (!isNameByHand(name, byHand)) return;
  throw new EnimError('INVALID_CONFIG', `The network is named "${name}", as that of attachments by hand is.`, {
    hint: `give the network configuration another "name"${name === byHand ? ', or the settings another "network"' : ''}`,
  });
}

function purposeOf({ call, network }: Task): string {
  const about = call.command === 'GC' || call.command === 'STATUS' ? network.name : ownerOf(call, network).owner;
  return `enim cni ${call.command} ${about}`;
}
