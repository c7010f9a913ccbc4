import { isIP } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  bytesOfIP,
  contains,
  formatCidr,
  formatIP,
  isHostAddress,
  networkOf,
  parseCidr,
  parseIP,
  parseMac,
  parsePciAddress,
} from '../../src/model/address.js';

describe('parseMac', () => {
  it.each(['02:e0:00:00:AB:01', '02-E0-00-00-ab-01', '02E00000AB01', '02:E0:00:00:ab:01'])('reads %s', (text) => {
    expect(parseMac(text)).toBe('02:e0:00:00:ab:01');
  });

  it.each([
    '',
    '02:e0:00:00:ab',
    '02:e0:00:00:ab:01:02',
    '02:e0-00:00:ab:01',
    '02:e0:00:00:ab:0g',
    ' 02e00000ab01',
    '02e00000ab01\n',
  ])('refuses %j', (text) => {
    expect(parseMac(text)).toBeUndefined();
  });
});

describe('parseIP', () => {
  it.each([
    ['10.0.0.1', 4, '10.0.0.1'],
    ['FD00:0:0:0::0010', 6, 'fd00::10'],
    ['fd00:0:0:1:0:0:0:1', 6, 'fd00:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', 6, '2001:db8::1:0:0:1'],
    ['fd00:0:1:0:1:0:1:0', 6, 'fd00:0:1:0:1:0:1:0'],
    ['1:2:3:4:5:6:7::', 6, '1:2:3:4:5:6:7:0'],
    ['0:0:0:0:0:0:0:0', 6, '::'],
    ['::ffff:10.0.0.1', 6, '::ffff:a00:1'],
    ['64:ff9b:0:0:0:0:10.0.0.1', 6, '64:ff9b::a00:1'],
  ])('reads %s in one canonical spelling', (text, family, address) => {
    expect(parseIP(text)).toEqual({ family, address });
  });

  it.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '0x0a.0.0.1',
    '167772161',
    '10.0.0.1 ',
    'fd00::1%eth0',
    ':::',
    'fd00::1::2',
    '1:2:3:4::5:6:7:8',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '10.0.0.1::',
    '::10.0.0.1:1',
    '::10.0.0.256',
    '::00001',
    ':1::',
    'fd00:',
    'eth0',
    '10.0.0.1/24',
  ])('refuses %j', (text) => {
    expect(parseIP(text)).toBeUndefined();
  });

  it('gives one spelling to all spellings of an IPv6 address', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const once = parseIP(text);
        fc.pre(once !== undefined);
        expect(parseIP(once?.address ?? '')).toEqual(once);
        expect(parseIP(text.toUpperCase())).toEqual(once);
      }),
    );
  });
});

describe('addresses, as others read and write them', () => {
  const NEARLY = fc
    .array(
      fc.oneof(
        fc.constantFrom(':', '::', '.', '0', '%'),
        fc.nat({ max: 0x1_0000 }).map((n) => n.toString(16)),
        fc.ipV4(),
      ),
      {
        maxLength: 16,
      },
    )
    .map((parts) => parts.join(''));
  const sixteen = fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 });

  it('reads what inet_pton(3) reads, and no zone', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV6(), fc.ipV4(), NEARLY), (text) => {
        expect(parseIP(text)?.family ?? 0).toBe(text.includes('%') ? 0 : isIP(text));
      }),
      { numRuns: 3_000 },
    );
  });

  it('writes IPv6 as a URL has it', () => {
    fc.assert(
      fc.property(sixteen, (bytes) => {
        const groups = bytes.map(
          (byte, at) => `${byte.toString(16).padStart(2, '0')}${at % 2 === 1 && at < 15 ? ':' : ''}`,
        );
        expect(`[${formatIP(bytes)}]`).toBe(new URL(`http://[${groups.join('')}]`).hostname);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives the bytes back that it wrote', () => {
    const four = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.oneof(sixteen, four.map(Array.from<number>)), (bytes) => {
        expect([...bytesOfIP(formatIP(bytes))]).toEqual(bytes);
      }),
    );
  });

  it('has no bytes for what is no address', () => {
    expect(() => bytesOfIP('eth0')).toThrow(RangeError);
  });
});

describe('parseCidr', () => {
  it.each([
    ['10.0.0.10/24', { family: 4, address: '10.0.0.10', prefix: 24 }],
    ['10.0.0.10/32', { family: 4, address: '10.0.0.10', prefix: 32 }],
    ['0.0.0.0/0', { family: 4, address: '0.0.0.0', prefix: 0 }],
    ['FD00::10/128', { family: 6, address: 'fd00::10', prefix: 128 }],
  ])('reads %s and keeps the host part', (text, cidr) => {
    expect(parseCidr(text)).toEqual(cidr);
  });

  it.each([
    '10.0.0.10',
    '10.0.0.10/',
    '10.0.0.10/33',
    '10.0.0.10/-1',
    '10.0.0.10/1e1',
    '10.0.0.10/24/24',
    'fd00::/129',
    '/24',
    '10.0.0.10/ 24',
    '10.0.0/24',
  ])('refuses %j', (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  it('reads back what formatCidr writes', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.tuple(fc.ipV4(), fc.nat({ max: 32 })), fc.tuple(fc.ipV6(), fc.nat({ max: 128 }))),
        ([ip, prefix]) => {
          const cidr = parseCidr(`${ip}/${prefix}`);
          fc.pre(cidr !== undefined);
          expect(cidr && parseCidr(formatCidr(cidr))).toEqual(cidr);
        },
      ),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => void [parseCidr(text), parseIP(text), parseMac(text)]),
    );
  });
});

describe('networkOf', () => {
  it.each([
    ['10.0.0.10/24', '10.0.0.0'],
    ['10.0.0.10/32', '10.0.0.10'],
    ['10.0.0.10/0', '0.0.0.0'],
    ['10.0.15.10/21', '10.0.8.0'],
    ['fd00:0:0:1f::1/60', 'fd00:0:0:10::'],
    ['fd00:0:0:1:2::10/64', 'fd00:0:0:1::'],
    ['fd00::10/0', '::'],
  ])('of %s is %s', (text, network) => {
    const cidr = parseCidr(text);
    expect(cidr && networkOf(cidr)).toBe(network);
  });
});

describe('contains', () => {
  it.each([
    ['10.0.0.10/24', '10.0.0.1', true],
    ['10.0.0.10/24', '10.0.1.1', false],
    ['10.0.0.10/32', '10.0.0.1', false],
    ['fd00::10/64', 'fd00::1', true],
    ['fd00::10/64', 'fe80::1', false],
    ['10.0.8.10/21', '10.0.15.255', true],
    ['10.0.8.10/21', '10.0.16.0', false],
    ['fd00:0:0:10::/60', 'fd00:0:0:1f::1', true],
    ['fd00:0:0:10::/60', 'fd00:0:0:20::1', false],
    ['0.0.0.0/0', 'fd00::1', false],
    ['::/0', '10.0.0.1', false],
  ])('%s, %s: %s', (network, address, inside) => {
    const cidr = parseCidr(network);
    expect(cidr && contains(cidr, address)).toBe(inside);
  });
});

describe('isHostAddress', () => {
  it.each([
    '10.0.0.10',
    '8.8.8.8',
    '240.0.0.1',
    '255.255.255.254',
    '::2',
    '1::',
    '::ffff:10.0.0.1',
    'fd00::10',
    '2001:db8::1',
    'fe80::1',
  ])('takes %s', (address) => {
    expect(isHostAddress(address)).toBe(true);
  });

  it.each(['0.0.0.0', '0.0.0.1', '127.0.0.1', '224.0.0.1', '239.1.1.1', '255.255.255.255', '::', '::1', 'ff02::1'])(
    'refuses %s',
    (address) => {
      expect(isHostAddress(address)).toBe(false);
    },
  );
});

describe('parsePciAddress', () => {
  it.each([
    ['0000:00:05.0', '0000:00:05.0'],
    ['00:05.0', '0000:00:05.0'],
    ['0000:3B:1F.7', '0000:3b:1f.7'],
    // Behind Intel VMD and on Azure domains have more digits than four.
    ['10000:e1:00.0', '10000:e1:00.0'],
    ['00010000:e1:00.0', '10000:e1:00.0'],
    ['00000000:e1:00.0', '0000:e1:00.0'],
  ])('%s is %s', (text, address) => {
    expect(parsePciAddress(text)).toBe(address);
  });

  it.each([
    '',
    '5',
    '00:05',
    '00:05.8',
    '00:20.0',
    '000:00:05.0',
    '000000001:00:05.0',
    '../00:05.0',
    '00:05.0/..',
    'virtio3',
  ])('refuses %p', (text) => {
    expect(parsePciAddress(text)).toBeUndefined();
  });
});
