/**
 * Messages of netlink(7) and their attributes as bytes, both ways. Pure. Numbers are in the machine's own order, which is little-endian
 * on every architecture that the executable is built for.
 */
import { isUtf8 } from 'node:buffer';

/** One message: its type, and what follows its header. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly body: Buffer;
}

/** Attributes by their type. Of a link there are some forty, of which few are asked for: the others stay bytes. */
export interface Attributes {
  get(type: number): Buffer | undefined;
  has(type: number): boolean;
}

const HEADER = 16;

/** The two highest bits of an attribute's type say how its value is to be read. */
const NESTED = 0x8000;
const TYPE_MASK = 0x3fff;

/** The bytes of a message. */
export function formatMessage({ type, flags, sequence, body }: Message): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(HEADER + body.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt32LE(sequence, 8);
  return Buffer.concat([header, body]);
}

/**
 * The messages in what one read(2) gave.
 *
 * @throws RangeError if it does not end with a message's end
 */
export function parseMessages(bytes: Buffer): Message[] {
  const found: Message[] = [];
  walk(bytes, HEADER, lengthOfMessage, (at, end) => {
    found.push({
      type: bytes.readUInt16LE(at + 4),
      flags: bytes.readUInt16LE(at + 6),
      sequence: bytes.readUInt32LE(at + 8),
      body: bytes.subarray(at + HEADER, end),
    });
  });
  return found;
}

function lengthOfMessage(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at);
}

/** The bytes of an attribute, padded. */
export function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(aligned(4 + value.length));
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  value.copy(bytes, 4);
  return bytes;
}

/** An attribute made of others. */
export function nested(type: number, ...attributes: readonly Buffer[]): Buffer {
  return attribute(type | NESTED, Buffer.concat(attributes));
}

/** The attributes in these bytes; of several of one type the last, which is the kernel's own habit. */
export function parseAttributes(bytes: Buffer): Attributes {
  const begins = new Map<number, number>();
  walk(bytes, 4, lengthOfAttribute, (at) => begins.set(typeOfAttribute(bytes, at), at));
  return {
    get(type) {
      const at = begins.get(type);
      return at === undefined ? undefined : bytes.subarray(at + 4, at + lengthOfAttribute(bytes, at));
    },
    has: (type) => begins.has(type),
  };
}

/** The same with each of those of one type. */
export function listAttributes(bytes: Buffer): [number, Buffer][] {
  const found: [number, Buffer][] = [];
  walk(bytes, 4, lengthOfAttribute, (at, end) => {
    found.push([typeOfAttribute(bytes, at), bytes.subarray(at + 4, end)]);
  });
  return found;
}

function lengthOfAttribute(bytes: Buffer, at: number): number {
  return bytes.readUInt16LE(at);
}

function typeOfAttribute(bytes: Buffer, at: number): number {
  return bytes.readUInt16LE(at + 2) & TYPE_MASK;
}

/** Goes from part to part of those that say their own length, header included. */
function walk(
  bytes: Buffer,
  header: number,
  lengthAt: (bytes: Buffer, at: number) => number,
  visit: (at: number, end: number) => void,
): void {
  for (let at = 0; at + header <= bytes.length; ) {
    const length = lengthAt(bytes, at);
    if (length < header || at + length > bytes.length)
      throw new RangeError(`A part of ${length} bytes at ${at} of ${bytes.length}.`);
    visit(at, at + length);
    at += aligned(length);
  }
}

function aligned(length: number): number {
  return (length + 3) & ~3;
}

/** 32 bits without a sign. */
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** A text with the zero that ends it. */
export function text(value: string): Buffer {
  return bytesOfText(`${value}\0`);
}

/** A text without the zero. */
export function bytesOfText(value: string): Buffer {
  if (!LONE_SURROGATE.test(value)) return Buffer.from(value);
  return Buffer.from([...value].map((character) => character.charCodeAt(0) & 0xff));
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * A text up to the zero that ends it, if there is one. The kernel takes any bytes for a name: of one that is no UTF-8 each byte above 7F
 * becomes half of a surrogate pair (FF is U+DCFF), which no other text has, for two such names must not look like one.
 */
export function readText(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  const own = bytes.subarray(0, end < 0 ? bytes.length : end);
  if (isUtf8(own)) return own.toString('utf8');
  return own.toString('latin1').replaceAll(/[\x80-\xff]/g, (byte) => String.fromCharCode(0xdc00 + byte.charCodeAt(0)));
}

/** A MAC as the kernel has it. */
export function readMac(bytes: Buffer): string {
  const digits = bytes.toString('hex');
  const pairs: string[] = [];
  for (let at = 0; at < digits.length; at += 2) pairs.push(digits.slice(at, at + 2));
  return pairs.join(':');
}
