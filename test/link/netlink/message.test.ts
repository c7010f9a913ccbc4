import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  attribute,
  formatMessage,
  listAttributes,
  nested,
  parseAttributes,
  parseMessages,
  readMac,
  readText,
  text,
} from '../../../src/link/netlink/message.js';

const bytes = (maximum: number) => fc.uint8Array({ maxLength: maximum }).map((array) => Buffer.from(array));
const number = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });

describe('a message', () => {
  it('is read as it was written, and so are those behind it', () => {
    const message = fc.record({ type: number(16), flags: number(16), sequence: number(32), body: bytes(64) });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
        const padded = messages.map((each) => pad(formatMessage(each)));
        expect(parseMessages(Buffer.concat(padded))).toEqual(messages);
      }),
    );
  });

  it('is refused where it ends too soon', () => {
    const whole = formatMessage({ type: 16, flags: 0, sequence: 1, body: Buffer.alloc(16) });

    expect(() => parseMessages(whole.subarray(0, 20))).toThrow(RangeError);
  });

  it('never keeps the reader for ever, whatever the bytes', () => {
    fc.assert(
      fc.property(bytes(256), (noise) => {
        for (const parse of [parseMessages, listAttributes]) {
          try {
            expect(parse(noise).length).toBeLessThanOrEqual(64);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(RangeError);
          }
        }
      }),
    );
  });
});

describe('an attribute', () => {
  it('is read as it was written, each of its type', () => {
    const pair = fc.tuple(number(14), bytes(40));
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 8 }), (pairs) => {
        const written = Buffer.concat(pairs.map(([type, value]) => attribute(type, value)));
        expect(listAttributes(written)).toEqual(pairs);
        const attributes = parseAttributes(written);
        for (const [type, value] of new Map(pairs)) expect(attributes.get(type)).toEqual(value);
        expect([attributes.has(0x4000), attributes.get(0x4000)]).toEqual([false, undefined]);
      }),
    );
  });

  it('can be made of others, and says so', () => {
    const outer = nested(52, attribute(53, text('ens5')));

    expect(outer.readUInt16LE(2)).toBe(52 | 0x8000);
    const [[type, value] = [0, Buffer.alloc(0)]] = listAttributes(outer);
    expect(type).toBe(52);
    expect(listAttributes(value).map(([inner, name]) => [inner, readText(name)])).toEqual([[53, 'ens5']]);
  });
});

describe('a value', () => {
  it('is a text up to the zero that ends it, or without one', () => {
    expect([readText(text('eth0')), readText(Buffer.from('a label')), readText(Buffer.alloc(0))]).toEqual([
      'eth0',
      'a label',
      '',
    ]);
  });

  it('is a MAC with two digits for each byte', () => {
    expect(readMac(Buffer.from([2, 0xe0, 0, 0xa, 0xff, 1]))).toBe('02:e0:00:0a:ff:01');
  });
});

function pad(message: Buffer): Buffer {
  return Buffer.concat([message, Buffer.alloc((4 - (message.length % 4)) % 4)]);
}

describe('a name', () => {
  it('is written as it was read, whatever its bytes, and is not read like another', () => {
    const name = fc.uint8Array({ min: 1, minLength: 1, maxLength: 15 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(text(readText(one))).toEqual(Buffer.concat([one, Buffer.from([0])]));
        expect(readText(one) === readText(other)).toBe(one.equals(other));
      }),
    );
    expect([readText(Buffer.from('é\0')), readText(Buffer.from([0x61, 0xff]))]).toEqual(['é', 'a\udcff']);
  });
});
