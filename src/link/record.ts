/** What was seen of a machine's links and netns at one moment, as a document that can be kept. Pure. */
import * as v from 'valibot';
import { type Answer, answerShape, type Pairs, pairsShape } from '../model/answer.js';
import type { Flow } from '../model/counters.js';
import type { Link, LinkAddress, LinkRoute } from '../model/link.js';
import type { Rule } from '../model/rule.js';
import type { Hardware } from './bus.js';
import type { NodeUse } from './driver.js';
import type { NetnsHolders } from './holders.js';
import type { ReachableNetns } from './netns.js';
import type { Surroundings } from './surroundings.js';

/** A place with its links, and what is around them: of that only the counters are replayed, the rest is for people. */
export interface PlaceRecord {
  /** Null if it could not be entered. */
  readonly links: Answer<readonly Link[] | null>;
  readonly around: Answer<Surroundings | null>;
}

/** Our own netns. */
export interface HomeRecord extends PlaceRecord {
  readonly use: Answer<Pick<NodeUse, 'defaultRoutes' | 'sshDevice'>>;
}

/** Another one. */
export interface NetnsRecord extends PlaceRecord {
  readonly path: string;
  readonly inode: number;
}

/** Which netns there are, and what leads to them. */
export interface NetnsIndex {
  readonly all: Answer<readonly ReachableNetns[]>;
  /** Processes by inode. */
  readonly processes: Answer<readonly (readonly [number, readonly number[]])[]>;
  readonly holders: Answer<readonly (readonly [number, NetnsHolders])[]>;
  /** The inodes to which paths of records lead; null if to no netns. */
  readonly paths: Pairs<Answer<number | null>>;
}

/** What is plugged in, by bus address; null if nothing is. */
export type HardwareRecord = Pairs<Answer<Hardware | null>>;

const text = v.string();
const maybe = v.nullable(v.string());
const number = v.number();
const bool = v.boolean();
const list = v.array(text);

const Address = v.object({
  ...{ address: text, family: v.picklist([4, 6]), scope: text, tentative: bool, dadFailed: bool },
}) satisfies v.GenericSchema<unknown, LinkAddress>;

const Route = v.object({
  ...{ dst: text, family: v.picklist([4, 6]), gateway: maybe, dev: text, table: text, metric: v.nullable(number) },
  ...{ scope: maybe, prefsrc: maybe, protocol: maybe, weight: v.optional(v.nullable(number), null) },
}) satisfies v.GenericSchema<unknown, LinkRoute>;

const LinkShape = v.object({
  ...{ ifindex: number, name: text, altnames: list, alias: maybe, mac: text, permanentMac: text, mtu: number },
  ...{ txqueuelen: number, group: text, up: bool, carrier: bool, promiscuous: bool, kind: maybe, master: maybe },
  // A bundle of an older enim does not have them.
  ...{ arp: v.optional(bool, true), multicast: v.optional(bool, true), allmulticast: v.optional(bool, false) },
  ...{ broadcast: v.optional(text, 'ff:ff:ff:ff:ff:ff'), mode: v.optional(maybe, null) },
  ...{ packets: v.optional(v.record(text, number), {}), xdp: v.optional(list, []) },
  ...{ lower: maybe, busAddress: maybe, addresses: v.array(Address) },
}) satisfies v.GenericSchema<unknown, Link>;

const FlowShape = v.object({
  ...{ bytes: number, packets: number, errors: number, dropped: number },
}) satisfies v.GenericSchema<unknown, Flow>;

const RuleShape = v.object({
  ...{ family: v.picklist([4, 6]), priority: number, from: maybe, to: maybe, table: maybe, isSpecial: bool },
}) satisfies v.GenericSchema<unknown, Rule>;

const place = {
  links: answerShape(v.nullable(v.array(LinkShape))),
  around: answerShape(
    v.nullable(
      v.object({
        counters: pairsShape(v.nullable(v.object({ received: FlowShape, sent: FlowShape }))),
        routes: v.array(Route),
        rules: v.array(RuleShape),
        sysctls: v.nullable(pairsShape(pairsShape(text))),
      }),
    ),
  ),
};

export const HomeShape = v.object({
  ...place,
  use: answerShape(v.object({ defaultRoutes: v.array(Route), sshDevice: maybe })),
}) satisfies v.GenericSchema<unknown, HomeRecord>;

export const NetnsShape = v.object({ ...place, path: text, inode: number }) satisfies v.GenericSchema<
  unknown,
  NetnsRecord
>;

const pids = v.array(number);
const holder = { pid: number, command: text };

const Holders = v.object({
  paths: v.array(v.object({ path: text, deleted: bool })),
  processes: v.array(v.object(holder)),
  descriptors: v.array(v.object({ ...holder, fd: number })),
}) satisfies v.GenericSchema<unknown, NetnsHolders>;

export const IndexShape = v.object({
  all: answerShape(v.array(v.object({ path: text, inode: number, pids }))),
  processes: answerShape(v.array(v.tuple([number, pids]))),
  holders: answerShape(v.array(v.tuple([number, Holders]))),
  paths: pairsShape(answerShape(v.nullable(number))),
}) satisfies v.GenericSchema<unknown, NetnsIndex>;

export const HardwareShape = pairsShape(
  answerShape(v.nullable(v.object({ pciAddress: maybe, virtio: maybe, driver: maybe, isNic: bool, hasLink: bool }))),
) satisfies v.GenericSchema<unknown, HardwareRecord>;
