/**
 * The log of an ENI's states, which is part of its status: since when it is used, when it was given back last, and, in the message of
 * the last use, for whom. So an ENI tells its holder even where the endpoint that it names is gone. Pure.
 */
import type { Endpoint } from '../../model/attachment.js';
import { isOwner } from '../../model/names.js';
import type { Change } from './wire.js';

export const FREE = 'ReadyOnNode';
export const USED = 'UsingInPod';

const LIMIT = 20;

type Log = readonly Change[] | null | undefined;

/** The log with one more entry, and without the oldest beyond the limit. */
export function append(log: Log, change: Change): readonly Change[] {
  return [...(log ?? []), change].slice(-LIMIT);
}

/** When it was given to whoever uses it now. */
export function usedSince(log: Log): string | null {
  return timeOf(done(log).findLast(({ CCEStatus }) => CCEStatus === USED));
}

/** When it was last given back; null if it never was. */
export function releasedAt(log: Log): string | null {
  const changes = done(log);
  return timeOf(
    changes.findLast(({ CCEStatus }, index) => CCEStatus === FREE && changes[index - 1]?.CCEStatus === USED),
  );
}

function done(log: Log): readonly Change[] {
  return (log ?? []).filter(({ code = 'ok' }) => code === 'ok');
}

/** In one spelling, so that times compare as text: others write them without fractions of a second. */
function timeOf(change: Change | undefined): string | null {
  const time = new Date(change?.time ?? '');
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

const GIVEN = /^given to (\S+): network (\S+), container (\S+), interface (\S+)$/;

/** The message of the change by which an endpoint gets an ENI. */
export function messageFor({ owner, network, containerID, ifname }: Endpoint): string {
  return `given to ${owner}: network ${network}, container ${containerID}, interface ${ifname}`;
}

/** Who it was given to last, as far as the log says so. */
export function lastHolder(log: Log): Endpoint | undefined {
  const last = done(log).findLast(({ CCEStatus }) => CCEStatus === USED);
  const [, owner, network, containerID, ifname] = GIVEN.exec(last?.message ?? '') ?? [];
  if (!owner || !network || !containerID || !ifname || !isOwner(owner)) return undefined;
  return { owner, network, containerID, ifname, uid: null };
}
