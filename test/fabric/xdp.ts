/** A program of XDP, as a compiler would make it: it drops every packet. `ip link set DEV xdp object FILE` attaches it. */

const NAMES = '\0xdp\0license\0.symtab\0.strtab\0drop\0';
const HEADER = 64;

/** The bytes of the object file (ELF). */
export function dropAll(): Buffer {
  // r0 = XDP_DROP; exit
  const program = Buffer.from('b7000000010000009500000000000000', 'hex');
  const symbol = Buffer.alloc(24);
  symbol.writeUInt32LE(nameOf('drop'), 0);
  // A function (STT_FUNC) that is seen from outside (STB_GLOBAL), in the first section.
  symbol.writeUInt8(0x12, 4);
  symbol.writeUInt16LE(1, 6);
  symbol.writeBigUInt64LE(BigInt(program.length), 16);
  const sections: readonly Section[] = [
    { name: 'xdp', type: 1, flags: 6, bytes: program },
    { name: 'license', type: 1, flags: 3, bytes: Buffer.from('GPL\0') },
    {
      name: '.symtab',
      type: 2,
      flags: 0,
      bytes: Buffer.concat([Buffer.alloc(24), symbol]),
      link: 4,
      info: 1,
      each: 24,
    },
    { name: '.strtab', type: 3, flags: 0, bytes: Buffer.from(NAMES) },
  ];
  let at = HEADER;
  const headers = sections.map((section) => {
    const header = headerOf(section, at);
    at += section.bytes.length;
    return header;
  });
  const contents = sections.map(({ bytes }) => bytes);
  return Buffer.concat([fileHeader(at, sections.length + 1), ...contents, Buffer.alloc(HEADER), ...headers]);
}

interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly bytes: Buffer;
  /** Of symbols: the section with their names, the first that is seen from outside, and the size of each. */
  readonly link?: number;
  readonly info?: number;
  readonly each?: number;
}

function headerOf({ name, type, flags, bytes, link = 0, info = 0, each = 0 }: Section, at: number): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(nameOf(name), 0);
  header.writeUInt32LE(type, 4);
  header.writeBigUInt64LE(BigInt(flags), 8);
  header.writeBigUInt64LE(BigInt(at), 24);
  header.writeBigUInt64LE(BigInt(bytes.length), 32);
  header.writeUInt32LE(link, 40);
  header.writeUInt32LE(info, 44);
  header.writeBigUInt64LE(1n, 48);
  header.writeBigUInt64LE(BigInt(each), 56);
  return header;
}

/** @param headersAt where the sections' headers begin, of which there are `count`; the last one has the names */
function fileHeader(headersAt: number, count: number): Buffer {
  const header = Buffer.alloc(HEADER);
  // 64 bits, little-endian, version 1; an object file (ET_REL) for BPF.
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(1, 16);
  header.writeUInt16LE(247, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(headersAt), 40);
  header.writeUInt16LE(HEADER, 52);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(count, 60);
  header.writeUInt16LE(count - 1, 62);
  return header;
}

function nameOf(name: string): number {
  return NAMES.indexOf(`${name}\0`);
}
