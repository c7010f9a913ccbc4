import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { describeWith, programFault } from '../fabric/requirements.js';

const RELEASE = process.env.ENIM_RELEASE;

/** Where Debian's package libc6-arm64-cross puts the C library of arm64. */
const ARM64 = '/usr/aarch64-linux-gnu';

/** What ELF calls the machines, and the loader that the C library has on each. */
const MACHINES = [
  { target: 'linux-x64', machine: 0x3e, loader: '/lib64/ld-linux-x86-64.so.2' },
  { target: 'linux-x64-musl', machine: 0x3e, loader: '/lib/ld-musl-x86_64.so.1' },
  { target: 'linux-arm64', machine: 0xb7, loader: '/lib/ld-linux-aarch64.so.1' },
  { target: 'linux-arm64-musl', machine: 0xb7, loader: '/lib/ld-musl-aarch64.so.1' },
];

/** How executables are started that are not this machine's. */
const EMULATORS = {
  x64: process.arch === 'x64' ? [] : ['qemu-x86_64', '-L', '/usr/x86_64-linux-gnu'],
  arm64: process.arch === 'arm64' ? [] : ['qemu-aarch64', '-L', ARM64],
};

const faults = [
  RELEASE ? undefined : 'ENIM_RELEASE does not name the directory of a release (npm run release)',
  ...Object.values(EMULATORS).map(([program]) => (program === undefined ? undefined : programFault(program))),
];

describeWith('the executables of a release', faults, () => {
  const pathOf = (target: string): string => {
    const name = readdirSync(RELEASE ?? '').find((file) => file.startsWith('enim-') && file.endsWith(`-${target}`));
    if (name === undefined) throw new Error(`${RELEASE} has no executable for ${target}.`);
    return join(RELEASE ?? '', name);
  };

  /** Of musl there is no C++ library here, which Bun wants of it: those two are looked at, not run. */
  it.each(MACHINES)('are, for $target, what that machine runs', ({ target, machine, loader }) => {
    const elf = readFileSync(pathOf(target));

    expect(elf.subarray(0, 6)).toEqual(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]));
    expect(elf.readUInt16LE(18)).toBe(machine);
    expect(interpreterOf(elf)).toBe(loader);
  });

  it.each([
    { target: 'linux-x64', via: EMULATORS.x64 },
    { target: 'linux-arm64', via: EMULATORS.arm64 },
  ])('run as command line and as CNI plugin, for $target', ({ target, via }) => {
    const [program = '', ...args] = [...via, pathOf(target)];
    const run = (argv: readonly string[], env = {}) =>
      spawnSync(program, [...args, ...argv], {
        encoding: 'utf8',
        input: '{}',
        env: { PATH: process.env.PATH, ...env },
      });

    const version = run(['version', '--json']);
    expect({ status: version.status, stderr: version.stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(version.stdout)).toMatchObject({ target, runtime: { name: 'Bun' } });

    const cni = run([], { CNI_COMMAND: 'VERSION' });
    expect(cni.status).toBe(0);
    expect(JSON.parse(cni.stdout)).toMatchObject({ supportedVersions: expect.arrayContaining(['1.1.0']) });
  });
});

/** What the program header PT_INTERP says: who loads the executable. */
function interpreterOf(elf: Buffer): string | undefined {
  const [start, size, count] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(54), elf.readUInt16LE(56)];
  const headers = Array.from({ length: count }, (_, index) => elf.subarray(start + index * size));
  const header = headers.find((each) => each.readUInt32LE(0) === 3);
  if (header === undefined) return undefined;
  const [offset, length] = [Number(header.readBigUInt64LE(8)), Number(header.readBigUInt64LE(32))];
  return elf.toString('latin1', offset, offset + length - 1);
}
