/** What the kernel dumps, as rules of policy routing. Pure. */
import type { Rule } from '../../model/rule.js';
import { FAMILY, FRA, INVERT, NO_LENGTH, TO_TABLE } from './constants.js';
import { type Attributes, listAttributes, type Message, parseAttributes } from './message.js';
import { showNetwork } from './read.js';
import { table } from './words.js';

/** Of `struct fib_rule_hdr`: the bytes before the attributes. */
export const RULE_HEADER = 12;

/** Attributes that say nothing beyond what a plain rule does. */
const PLAIN: readonly number[] = [FRA.destination, FRA.source, FRA.priority, FRA.table, FRA.protocol, FRA.padding];

/** The rules in a dump of all families, IPv4 first. */
export function readRules(rules: readonly Message[]): Rule[] {
  return [FAMILY.IPv4, FAMILY.IPv6].flatMap((family) =>
    rules.filter(({ body }) => body.readUInt8(0) === family).map(({ body }) => readRule(body)),
  );
}

function readRule(body: Buffer): Rule {
  const attributes = parseAttributes(body.subarray(RULE_HEADER));
  const [toLength, fromLength, serviceType] = [body.readUInt8(1), body.readUInt8(2), body.readUInt8(3)];
  const number = attributes.get(FRA.table)?.readUInt32LE(0) ?? body.readUInt8(4);
  return {
    family: body.readUInt8(0) === FAMILY.IPv6 ? 6 : 4,
    priority: attributes.get(FRA.priority)?.readUInt32LE(0) ?? 0,
    from: networkIn(attributes, FRA.source, fromLength),
    to: networkIn(attributes, FRA.destination, toLength),
    table: number === 0 ? null : table.format(number),
    isSpecial:
      serviceType !== 0 ||
      body.readUInt8(7) !== TO_TABLE ||
      (body.readUInt32LE(8) & INVERT) !== 0 ||
      listAttributes(body.subarray(RULE_HEADER)).some(
        ([type, value]) => !PLAIN.includes(type) && !isNoLength(type, value),
      ),
  };
}

function networkIn(attributes: Attributes, type: number, length: number): string | null {
  const address = attributes.get(type);
  return address === undefined ? null : showNetwork(address, length);
}

/** The kernel says of every rule which prefix lengths it suppresses. */
function isNoLength(type: number, value: Buffer): boolean {
  return type === FRA.suppressedLength && value.readUInt32LE(0) === NO_LENGTH;
}
