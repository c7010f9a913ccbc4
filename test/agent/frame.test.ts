import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encode, FrameReader, LIMIT } from '../../src/agent/frame.js';

/** The same bytes in pieces of these sizes, and the rest. */
function pieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    found.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...found, bytes.subarray(at)];
}

function header(length: number): Buffer {
  const bytes = Buffer.from('ENI\x01\0\0\0\0', 'latin1');
  bytes.writeUInt32BE(length, 4);
  return bytes;
}

describe('messages on a stream', () => {
  it('come out as they were put in, in whatever pieces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { maxLength: 5 }),
        fc.array(fc.nat({ max: 40 }), { maxLength: 20 }),
        (messages, sizes) => {
          const reader = new FrameReader();
          const bytes = Buffer.concat(messages.map((each) => encode(each)));
          const read = pieces(bytes, sizes).flatMap((piece) => reader.push(piece));
          expect(JSON.stringify(read)).toBe(JSON.stringify(messages));
        },
      ),
    );
  });

  it('are refused at the first byte that is none of theirs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 64 }), (bytes) => {
        fc.pre(!Buffer.from(bytes).subarray(0, 4).equals(header(0).subarray(0, 4)));
        const reader = new FrameReader();
        expect(() => reader.push(bytes)).toThrow('it is no message of this version');
      }),
    );
    expect(() => new FrameReader().push(Buffer.from('G'))).toThrow('it is no message of this version');
  });

  it('are refused by another version of the framing', () => {
    expect(() => new FrameReader().push(Buffer.from('ENI\x02'))).toThrow('it is no message of this version');
  });

  it('are refused by a length that is too great, before any of it is kept', () => {
    expect(() => new FrameReader().push(header(LIMIT + 1))).toThrow(`at most ${LIMIT} may be`);
    expect(new FrameReader().push(header(LIMIT))).toEqual([]);
    expect(() => new FrameReader(10).push(header(11))).toThrow('at most 10 may be');
  });

  it('are refused if they are not JSON', () => {
    expect(() => new FrameReader().push(Buffer.concat([header(3), Buffer.from('{"a')]))).toThrow('not JSON');
  });
});
