/** What a provider said at one moment, as a document that can be kept. Pure. */
import * as v from 'valibot';
import { type Answer, answerShape, type Pairs, pairsShape } from '../model/answer.js';
import type { Endpoint } from '../model/attachment.js';
import type { Eni } from '../model/eni.js';
import { isOwner, type Owner } from '../model/names.js';
import type { Fate, ProvidedEni, ProviderHealth, RecordedEni, Withdrawal } from './provider.js';

/** All of it. */
export interface ProviderRecord {
  readonly name: string;
  readonly list: Answer<readonly ProvidedEni[]>;
  readonly health: Answer<ProviderHealth>;
  /** Null where nobody else changes the provider's records. */
  readonly registry: {
    readonly withdrawals: Answer<readonly Withdrawal[]>;
    /** By the key of the endpoint. */
    readonly fates: Pairs<Answer<Fate>>;
    /** Name of this node in the cluster; of no other the ENIs are recorded. */
    readonly node: string | null;
    readonly enis: Answer<readonly RecordedEni[]>;
  } | null;
}

const text = v.string();
const maybe = v.nullable(v.string());

const Address = v.nullable(v.object({ address: text, gateway: maybe }));

const EniShape = v.object({
  ...{
    id: text,
    mac: text,
    pciAddress: maybe,
    ifname: maybe,
    mtu: v.nullable(v.number()),
    ipv4: Address,
    ipv6: Address,
  },
  routes: v.nullable(v.array(v.object({ dst: text, gw: v.exactOptional(text) }))),
}) satisfies v.GenericSchema<unknown, Eni>;

const OwnerShape = v.custom<Owner>((owner) => typeof owner === 'string' && isOwner(owner));

const EndpointShape = v.object({
  ...{ network: text, containerID: text, ifname: text, owner: OwnerShape, uid: maybe },
}) satisfies v.GenericSchema<unknown, Endpoint>;

const held = { holder: v.nullable(EndpointShape), since: maybe };

export const ProviderShape = v.object({
  name: text,
  list: answerShape(
    v.array(v.object({ eni: EniShape, ...held, releasedAt: maybe, isShared: v.exactOptional(v.literal(true)) })),
  ),
  health: answerShape(v.object({ ok: v.boolean(), message: text, hint: v.exactOptional(text) })),
  registry: v.nullable(
    v.object({
      withdrawals: answerShape(v.array(v.object({ endpoint: EndpointShape, eni: maybe, reason: text }))),
      fates: pairsShape(answerShape(v.picklist(['there', 'gone', 'unknown']))),
      node: maybe,
      enis: answerShape(
        v.array(
          v.object({
            ...{ id: text, node: text, mac: text, state: text, addresses: v.array(text), ...held, note: maybe },
          }),
        ),
      ),
    }),
  ),
}) satisfies v.GenericSchema<unknown, ProviderRecord>;
