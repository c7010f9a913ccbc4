/**
 * Giving an endpoint an ENI. The endpoint object comes first, so that an ENI never names what was never there; then the ENI names it,
 * which decides; then the endpoint object says what it got. Each write only counts if nobody has written meanwhile. Killed between two
 * of them, the same call goes on from there, and `release` cleans up.
 */
import type { Endpoint } from '../../model/attachment.js';
import type { Eni } from '../../model/eni.js';
import { EnimError } from '../../model/errors.js';
import type { Api } from './api.js';
import { decideAgain, type Step } from './decide.js';
import { create, filled, isFilled, isOf, type Wanted } from './endpoint.js';
import { given } from './eni.js';
import type { Operation } from './operation.js';
import { free, removeUnchanged } from './release.js';
import type { Look, Seen } from './view.js';
import type { EndpointObject, EniObject } from './wire.js';

/** @throws EnimError NO_FREE_ENI, INVALID_ARGUMENT, BUSY and those of the API */
export async function allocate(operation: Operation, endpoint: Wanted, candidates: readonly string[]): Promise<Eni> {
  const { api, node } = operation;
  const occupied = new Set<string>();
  let look = operation.recent;
  let isFresh = look === undefined;
  let lost: string | null = null;
  for (;;) {
    look ??= await operation.look();
    const step: Step = decideAgain(look, endpoint, candidates, occupied, lost, Math.random);
    if (!isFresh && step.do !== 'create' && step.do !== 'take') {
      [look, isFresh] = [undefined, true];
      continue;
    }
    switch (step.do) {
      case 'keep': {
        if (isFilled(step.object, step.seen.provided.eni)) return step.seen.provided.eni;
        if (await fill(operation, step.object, endpoint, step.seen)) return step.seen.provided.eni;
        break;
      }
      case 'refuse': {
        if (step.object === undefined || (await removeUnchanged(api, step.object))) throw noneLeft(look, step.fault);
        break;
      }
      case 'clear': {
        await removeUnchanged(api, step.object);
        break;
      }
      case 'create': {
        const made = await api.createEndpoint(create(endpoint, step.name, node, step.seen.provided.eni));
        if (typeof made !== 'string') {
          look = { ...look, endpoints: [...look.endpoints, made] };
          continue;
        }
        // What has the name was not seen, so it is another node's.
        if (isFresh) occupied.add(step.name);
        break;
      }
      case 'take': {
        const taken = await take(operation, step.object, endpoint, step.seen);
        if (typeof taken !== 'string') {
          if (await fill(operation, step.object, endpoint, { ...step.seen, object: taken }))
            return step.seen.provided.eni;
          break;
        }
        // Somebody was faster; only this one ENI need be looked at again.
        lost = step.seen.provided.eni.id;
        await api.pause(`ENI ${step.seen.provided.eni.id}`);
        const now = taken === 'absent' ? undefined : await api.getEni(step.seen.provided.eni.id);
        look = withEni(look, step.seen.object, now);
        continue;
      }
    }
    [look, isFresh] = [undefined, true];
    await api.pause(`What ${endpoint.owner} has`);
  }
}

function take(
  { api, clock }: Operation,
  { metadata: { namespace = '', name, uid = '' } }: EndpointObject,
  endpoint: Endpoint,
  { object }: Seen,
): ReturnType<Api['putEniStatus']> {
  return api.putEniStatus(given(object, { namespace, name, uid }, endpoint, clock()));
}

/** Completes the endpoint object; false if it is not ours to complete any more. */
async function fill(operation: Operation, made: EndpointObject, endpoint: Wanted, seen: Seen): Promise<boolean> {
  const { api, clock } = operation;
  const { eni } = seen.provided;
  for (let object: EndpointObject | undefined = made; ; ) {
    const written = await api.putEndpoint(filled(object, endpoint, eni, seen.object, clock()));
    if (typeof written !== 'string') return true;
    if (written === 'conflict') await api.pause(`The endpoint ${object.metadata.namespace}/${object.metadata.name}`);
    object = written === 'absent' ? undefined : await api.getEndpoint(made);
    if (object === undefined || object.metadata.uid !== made.metadata.uid || !isOf(object, endpoint)) return false;
    // Our own write, whose answer was lost.
    if (isFilled(object, eni)) return true;
    const other = eniIn(object);
    if (other === eni.id || other === eniIn(made)) continue;
    // Another process asked for the same endpoint at the same time, and got another ENI: that one counts.
    await free(operation, seen, endpoint);
    return false;
  }
}

function eniIn({ status }: EndpointObject): string | undefined {
  return status?.['external-identifiers']?.['external-identifier'];
}

function withEni(look: Look, before: EniObject, now: EniObject | undefined): Look {
  const others = look.enis.filter((each) => each !== before);
  return { ...look, enis: now === undefined ? others : [...others, now] };
}

function noneLeft({ enis }: Look, fault: string | null): EnimError {
  if (fault !== null) {
    return new EnimError('API_INCOMPLETE', fault, {
      hint: 'see what the cluster says of the ENI and of its subnet: kubectl get enis,subnets -o yaml',
    });
  }
  const used = enis.filter(({ status }) => status?.endpointReference).length;
  return new EnimError('NO_FREE_ENI', `no ENI is free (${enis.length} known, ${used} of them held).`);
}
