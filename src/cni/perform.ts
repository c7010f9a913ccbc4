/** One call, understood and carried out: which verb, in which role. */
import { createContext } from '../compose/context.js';
import { isNameByHand } from '../model/attachment.js';
import { EnimError } from '../model/errors.js';
import { add } from './add.js';
import type { CniCall } from './call.js';
import { check } from './check.js';
import { del } from './del.js';
import { gc } from './gc.js';
import { ipamAdd, ipamCheck, ipamDel } from './ipam.js';
import { ownerOf } from './owner.js';
import { status } from './status.js';
import type { OpenTask, Task } from './task.js';

type Verbs = Readonly<Record<CniCall['command'], (task: OpenTask) => Promise<unknown>>>;

const MAIN: Verbs = { ADD: add, DEL: del, CHECK: check, GC: gc, STATUS: status };

/** As `ipam` under another main plugin. */
const IPAM: Verbs = { ...MAIN, ADD: ipamAdd, DEL: ipamDel, CHECK: ipamCheck };

/**
 * Carries the call out.
 *
 * @returns the document to print, undefined if there is none
 * @throws EnimError
 */
export async function perform(task: Task): Promise<unknown> {
  const { call, network, env, log } = task;
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
  task.loaded?.();
  return (isIpam ? IPAM : MAIN)[call.command]({ ...task, context, ipam });
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
