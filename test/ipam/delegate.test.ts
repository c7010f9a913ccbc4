import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createPrograms } from '../../src/exec.js';
import { createDelegate, type Delegation } from '../../src/ipam/delegate.js';
import { enimErrorOf } from '../model/thrown.js';
import { useTemporaryDirectories } from '../store/temporary.js';

const temporary = useTemporaryDirectories();
let root = '';
beforeEach(() => {
  root = temporary();
});

/** Puts an executable script into a directory of CNI_PATH, and returns the directory. */
function plugin(script: string, { directory = 'bin', name = 'fake-ipam', mode = 0o755 } = {}): string {
  const there = join(root, directory);
  mkdirSync(there, { recursive: true });
  writeFileSync(join(there, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(there, name), mode);
  return there;
}

function call(path: readonly string[], overrides: Partial<Delegation> = {}, timeout = 20_000): Promise<unknown> {
  return createDelegate(createPrograms(timeout))({
    ...{ command: 'ADD', type: 'fake-ipam', path, env: { PATH: process.env.PATH }, network: { name: 'enis' } },
    ...overrides,
  });
}

describe('an IPAM plugin that is delegated to', () => {
  it('answers with JSON', async () => {
    expect(await call([plugin(`echo '{"ips":[{"address":"10.1.0.5/16"}]}'`)])).toEqual({
      ips: [{ address: '10.1.0.5/16' }],
    });
  });

  it.each(['', 'echo', 'echo no JSON', 'echo "{"'])('may answer with nothing: %j', async (script) => {
    expect(await call([plugin(script)], { command: 'DEL' })).toBeUndefined();
  });

  it('is the first one in the order of CNI_PATH', async () => {
    const first = plugin('echo 1', { directory: 'a' });
    const second = plugin('echo 2', { directory: 'b' });
    expect([await call([first, second]), await call([second, first])]).toEqual([1, 2]);
    expect(await call([join(root, 'none'), second])).toBe(2);
  });

  it('is not what cannot be run: a file without that permission, or a directory', async () => {
    const plain = plugin('echo 1', { directory: 'a', mode: 0o644 });
    mkdirSync(join(root, 'b', 'fake-ipam'), { recursive: true });
    const good = plugin('echo 3', { directory: 'c' });
    expect(await call([plain, join(root, 'b'), good])).toBe(3);
    expect((await enimErrorOf(() => call([plain, join(root, 'b')]))).code).toBe('DELEGATE_FAILED');
  });

  it('is missed with the directories that it was looked for in', async () => {
    const error = await enimErrorOf(() => call(['/nowhere/a', '/nowhere/b']));
    expect([error.code, error.message]).toEqual([
      'DELEGATE_FAILED',
      'The IPAM plugin "fake-ipam" is in no directory of CNI_PATH (/nowhere/a:/nowhere/b).',
    ]);
    expect((await enimErrorOf(() => call([]))).message).toContain('(which is empty)');
  });

  it.each(['../bin/fake-ipam', '/bin/true', 'x/fake-ipam', '', '.', '..'])(
    'is nowhere else than in these directories: %j',
    async (type) => {
      const directory = plugin('echo 1');
      mkdirSync(join(directory, 'x'));
      plugin('echo 1', { directory: 'bin/x' });
      expect((await enimErrorOf(() => call([directory], { type }))).code).toBe('DELEGATE_FAILED');
    },
  );

  it('gets the environment as it is, with the verb, and the whole network configuration on its input', async () => {
    const directory = plugin(`env > "${root}/env"; cat > "${root}/stdin"; echo "$CNI_COMMAND" >&2`);
    const network = { name: 'enis', unknown: [1], ipam: { type: 'fake-ipam', ranges: ['ä'] } };
    const env = { PATH: process.env.PATH, CNI_COMMAND: 'STATUS', CNI_CONTAINERID: '3f9c', CNI_ARGS: 'a=b;c=d' };
    await call([directory], { command: 'DEL', env, network });
    const seen = readFileSync(join(root, 'env'), 'utf8').split('\n');
    expect(seen).toEqual(expect.arrayContaining(['CNI_COMMAND=DEL', 'CNI_CONTAINERID=3f9c', 'CNI_ARGS=a=b;c=d']));
    expect(seen.some((line) => line.startsWith('LC_ALL=') || line.startsWith('NODE_'))).toBe(false);
    expect(JSON.parse(readFileSync(join(root, 'stdin'), 'utf8'))).toEqual(network);
  });

  it('need not read its input', async () => {
    const network = { name: 'enis', filler: 'x'.repeat(1_000_000) };
    expect(await call([plugin('exec <&-; echo 1')], { network })).toBe(1);
  });
});

describe('an IPAM plugin that fails', () => {
  const fails = (document: unknown, exit = 1): string => plugin(`echo '${JSON.stringify(document)}'; exit ${exit}`);

  it('is quoted, with what it says beyond that', async () => {
    const document = { cniVersion: '1.0.0', code: 100, msg: 'no more addresses', details: 'in 10.1.0.0/16' };
    const error = await enimErrorOf(() => call([fails(document)]));
    expect([error.code, error.cniCode, error.message, error.details]).toEqual([
      ...['DELEGATE_FAILED', 115, 'The IPAM plugin "fake-ipam" (ADD): no more addresses'],
      ['in 10.1.0.0/16'],
    ]);
  });

  it.each([
    [1, 'INCOMPATIBLE_VERSION'],
    [7, 'INVALID_CONFIG'],
    [11, 'BUSY'],
    [50, 'UNAVAILABLE'],
    [51, 'LIMITED'],
    [2, 'DELEGATE_FAILED'],
    [3, 'DELEGATE_FAILED'],
    [4, 'DELEGATE_FAILED'],
    [999, 'DELEGATE_FAILED'],
    ['11', 'DELEGATE_FAILED'],
    ['constructor', 'DELEGATE_FAILED'],
  ])('with code %j is %s', async (code, ours) => {
    expect((await enimErrorOf(() => call([fails({ code, msg: 'no' })]))).code).toBe(ours);
  });

  it('passes "try again later" on to the runtime', async () => {
    expect((await enimErrorOf(() => call([fails({ code: 11, msg: 'later' })]))).cniCode).toBe(11);
  });

  it('without an error document is quoted from its stderr, or by its exit code', async () => {
    expect((await enimErrorOf(() => call([plugin('echo oh dear >&2; exit 3')]))).message).toBe(
      'The IPAM plugin "fake-ipam" (ADD): oh dear',
    );
    expect((await enimErrorOf(() => call([plugin('exit 3')]))).message).toBe(
      'The IPAM plugin "fake-ipam" (ADD): it ended with code 3',
    );
  });

  it.each(['null', '7', '[]', '{}', '{"msg":""}', '{"msg":7,"details":[],"code":null}'])(
    'with the document %s is not quoted from it',
    async (document) => {
      const error = await enimErrorOf(() => call([plugin(`echo '${document}'; exit 1`)]));
      expect([error.code, error.message, error.details]).toEqual([
        ...['DELEGATE_FAILED', 'The IPAM plugin "fake-ipam" (ADD): it ended with code 1', []],
      ]);
    },
  );

  it('because it was killed says so', async () => {
    const error = await enimErrorOf(() => call([plugin('kill -KILL $$')], { command: 'DEL' }));
    expect([error.code, error.message]).toEqual([
      'DELEGATE_FAILED',
      'The IPAM plugin "fake-ipam" (DEL): it was killed',
    ]);
  });

  it('because it hangs is killed', async () => {
    const error = await enimErrorOf(() => call([plugin('exec sleep 60')], {}, 200));
    expect([error.code, error.cniCode]).toEqual(['TOOL_TIMEOUT', 11]);
  });

  it('because it is no program of this machine says so', async () => {
    writeFileSync(join(plugin(''), 'fake-ipam'), 'no program\n');
    expect(['TOOL_MISSING', 'DELEGATE_FAILED']).toContain((await enimErrorOf(() => call([join(root, 'bin')]))).code);
  });
});
