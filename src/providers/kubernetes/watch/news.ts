/** What a change is worth: whether somebody should look at what the cluster gives up, or at what it wants of the node. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { isHeld } from '../eni.js';
import { type Look, view } from '../view.js';
import type { EndpointObject, EniObject } from '../wire.js';
import { DELETED_MS, suspects, UNFINISHED_MS } from '../withdrawn.js';
import type { Change } from './stream.js';

/** Of an ENI: another that has it matters to gc only where none has it any more; what an add changes is its own affair. */
export function concernsGc({ was, now }: Change<EniObject>): boolean {
  if (was === undefined || now === undefined) return true;
  if (isHeld(was) && !isHeld(now)) return true;
  return (
    was.status?.VPCStatus !== now.status?.VPCStatus || was.metadata.deletionTimestamp !== now.metadata.deletionTimestamp
  );
}

/** Of an ENI: what somebody has is left alone, whatever becomes of it. */
export function concernsSync({ was, now }: Change<EniObject>): boolean {
  if (was === undefined || now === undefined) return true;
  if (isHeld(now)) return false;
  const wants = ({ metadata, spec, status = {} }: EniObject): unknown => {
    const { CCEStatusChangeLog: _, ...rest } = status;
    return [metadata.deletionTimestamp, spec, rest];
  };
  return isHeld(was) || !isDeepStrictEqual(wants(was), wants(now));
}

/** Of an endpoint: that it is gone. That it is to go is told when it is time to act on that. */
export function isLoss({ now }: Change<EndpointObject>): boolean {
  return now === undefined;
}

/** Milliseconds until something more is given up, if nothing changes until then; null if nothing will be. */
export function nextDue(look: Look, now: Date): number | null {
  const count = (time: number): number => suspects(look, new Date(time)).length;
  const known = count(now.getTime());
  if (count(END_OF_TIME) === known) return null;
  // What is older than a limit counts, not what is as old.
  const times = dueTimes(look)
    .map((time) => time + 1)
    .filter((time) => time > now.getTime())
    .sort((a, b) => a - b);
  // What is given up once stays so: the first time with more of them can be searched for by halves.
  let [from, to] = [0, times.length - 1];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (count(times[middle] ?? END_OF_TIME) > known) to = middle;
    else from = middle + 1;
  }
  const time = times[from];
  return time === undefined ? null : time - now.getTime();
}

/** The last one that a date can be. */
const END_OF_TIME = 8.64e15;

/** When each object comes of an age that counts. */
function dueTimes(look: Look): number[] {
  return [
    ...look.endpoints.flatMap(({ metadata: { deletionTimestamp, creationTimestamp } }) => [
      Date.parse(deletionTimestamp ?? '') + DELETED_MS,
      Date.parse(creationTimestamp ?? '') + UNFINISHED_MS,
    ]),
    ...view(look).map(({ provided: { since } }) => Date.parse(since ?? '') + UNFINISHED_MS),
  ].filter((time) => !Number.isNaN(time));
}

/** What is given up by now, each by a name of its own. */
export function givenUp(look: Look, now: Date): ReadonlySet<string> {
  return new Set(
    suspects(look, now).map(({ endpoint: { network, containerID, ifname, owner }, eni }) =>
      JSON.stringify([network, containerID, ifname, owner, eni]),
    ),
  );
}
