/**
 * Messages of netlink(7) and their attributes as bytes, both ways. Pure. Numbers are in the machine's own order, which is little-endian
 * on every architecture that the executable is built for.
 */

/** One message: its type, and what follows its header. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly body: Buffer;
}

/** Attributes by their type. */
export type Attributes = ReadonlyMap<number, Buffer>;

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
  return split(bytes, HEADER, (at) => bytes.readUInt32LE(at)).map(([at, end]) => ({
    type: bytes.readUInt16LE(at + 4),
    flags: bytes.readUInt16LE(at + 6),
    sequence: bytes.readUInt32LE(at + 8),
    body: bytes.subarray(at + HEADER, end),
  }));
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
  return new Map(listAttributes(bytes));
}

/** The same with each of those of one type. */
export function listAttributes(bytes: Buffer): [number, Buffer][] {
  return split(bytes, 4, (at) => bytes.readUInt16LE(at)).map(([at, end]) => [
    bytes.readUInt16LE(at + 2) & TYPE_MASK,
    bytes.subarray(at + 4, end),
  ]);
}

/** Where each of the parts that say their own length, header included, begins and ends. */
function split(bytes: Buffer, header: number, lengthAt: (at: number) => number): [number, number][] {
  const parts: [number, number][] = [];
  let at = 0;
  while (at + header <= bytes.length) {
    const length = lengthAt(at);
    if (length < header || at + length > bytes.length)
      throw new RangeError(`A part of ${length} bytes at ${at} of ${bytes.length}.`);
    parts.push([at, at + length]);
    at += aligned(length);
  }
  return parts;
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
  return Buffer.from(`${value}\0`);
}

/** A text up to the zero that ends it, if there is one. */
export function readText(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

/** A MAC as the kernel has it. */
export function readMac(bytes: Buffer): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
