/**
 * What of the node is measured. Each look is for itself, so that what one of them cannot see hides nothing from the others. Nothing is
 * changed, no lock is taken, and the provider is asked once for its ENIs.
 */
import type { HeldLock } from '../host/host.js';
import type { Counters } from '../model/counters.js';
import { EnimError } from '../model/errors.js';
import { isInForce } from '../model/quarantine.js';
import type { ProviderHealth } from '../providers/provider.js';
import type { StateLook } from '../store/inspect.js';
import { canSeeLocks } from './doctor/locks.js';
import type { Patient } from './doctor/patient.js';
import { mustBeReadable } from './doctor/readable.js';
import { judge } from './gc/gc.js';
import { type EniState, type EniView, list } from './list.js';
import type { Parts } from './parts.js';
import type { Action } from './verdict.js';

/** The looks, by the name that they have in the metrics. */
export const LOOKS = ['enis', 'gc', 'locks', 'provider', 'state'] as const;

/** One of them. */
export type LookName = (typeof LOOKS)[number];

/** One ENI, measured. */
export interface MeasuredEni {
  readonly id: string;
  readonly state: EniState;
  /** Null if its NIC is nowhere, or has just moved. */
  readonly counters: Counters | null;
}

/** What could be seen; null is what could not. */
export interface Measurement {
  readonly enis: readonly MeasuredEni[] | null;
  /** One for each ENI that has a record. */
  readonly attachments: readonly { readonly network: string; readonly role: string }[] | null;
  /** Those that somebody has put in quarantine, and that are in force. */
  readonly quarantines: number | null;
  readonly actions: readonly Action[] | null;
  readonly health: ProviderHealth | null;
  readonly state: StateLook | null;
  readonly locks: readonly HeldLock[] | null;
  /** Why a look failed. */
  readonly failures: Readonly<Partial<Record<LookName, string>>>;
}

export async function measure(patient: Patient): Promise<Measurement> {
  const failures: Partial<Record<LookName, string>> = {};
  const see = async <T>(name: LookName, look: () => T | Promise<T>): Promise<T | null> => {
    try {
      return await look();
    } catch (thrown) {
      if (!(thrown instanceof EnimError)) throw thrown;
      failures[name] = thrown.message;
      return null;
    }
  };
  const state = await see('state', () => permitted(patient.inspectState()));
  let opened: Parts | undefined;
  const open = (): Parts => {
    mustBeReadable(state ?? patient.inspectState());
    opened ??= askedOnce(patient.open());
    return opened;
  };
  const [enis, actions, health, locks] = [
    await see('enis', () => lookAtEnis(open())),
    await see('gc', async () => (await judge(open())).map(({ action }) => action)),
    await see('provider', () => open().provider.health()),
    await see('locks', () => heldLocks(patient)),
  ];
  return {
    enis: enis?.enis ?? null,
    attachments: enis?.attachments ?? null,
    quarantines: enis?.quarantines ?? null,
    ...{ actions, health, state, locks, failures },
  };
}

/** Not to be allowed to look says nothing of the file. */
function permitted(state: StateLook): StateLook {
  const { present } = state;
  if (present.kind === 'unreadable' && ['EACCES', 'EPERM'].includes(present.errno)) mustBeReadable(state);
  return state;
}

function heldLocks({ host, runDir }: Patient): readonly HeldLock[] {
  if (!canSeeLocks(host))
    throw new EnimError('NOT_PERMITTED', `Who holds the locks in ${runDir} may not be seen.`, {
      hint: 'run enim as root',
    });
  return host.heldLocks(runDir);
}

/** The parts with a provider that answers the same each time: its ENIs may be requests to a server. */
function askedOnce(parts: Parts): Parts {
  let answer: ReturnType<Parts['provider']['list']> | undefined;
  const provider: Parts['provider'] = {
    ...parts.provider,
    list: () => {
      answer ??= parts.provider.list();
      return answer;
    },
  };
  return { ...parts, provider };
}

async function lookAtEnis(
  parts: Parts,
): Promise<{ enis: MeasuredEni[]; attachments: Measurement['attachments']; quarantines: number }> {
  const [views, attachments, quarantines] = await Promise.all([
    list(parts),
    parts.store.list(),
    parts.store.quarantine.list(),
  ]);
  const now = parts.clock();
  return {
    enis: await Promise.all(
      views.map(async (view) => ({ id: view.id, state: view.state, counters: await countersOf(parts, view) })),
    ),
    attachments: attachments.map(({ network, role }) => ({ network, role })),
    quarantines: Object.values(quarantines).filter((each) => isInForce(each, now)).length,
  };
}

/** The counters of a NIC, wherever it is; null if the netns, or the NIC, has gone since: it is found again the next time. */
async function countersOf(parts: Parts, { link }: EniView): Promise<Counters | null> {
  if (link === null) return null;
  const netns = link.netns === null ? null : await parts.netns.find(link.netns);
  return netns === undefined ? null : parts.links.counters(netns, link.name);
}
