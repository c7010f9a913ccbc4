import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { answerCall, type PluginAnswer } from '../../src/cni/plugin.js';
import { interruption } from '../../src/interruption.js';
import type { LogLevel } from '../../src/model/loglevel.js';
import type { Input } from '../../src/stdio.js';
import { useTemporaryDirectories } from '../store/temporary.js';
import { INPUTS, mutation, VALID } from './mutations.js';
import { sampleEnv, sampleNetwork } from './samples.js';
import { useSignalsAsBefore } from './signals.js';

const temporary = useTemporaryDirectories();
const forgetSignals = useSignalsAsBefore();
let root = '';
let lines: { level: LogLevel; message: string; fields: Record<string, unknown> }[] = [];
let logs: unknown[] = [];

beforeEach(() => {
  root = temporary();
  writeFileSync(join(root, 'broken.json'), '{');
  lines = [];
  logs = [];
});

/** Settings, state and locks in the test's own directory; without a netns there is no step that touches the machine. */
const places = (config = 'config.json'): NodeJS.ProcessEnv => ({
  ENIM_CONFIG: join(root, config),
  ENIM_STATE_DIR: join(root, 'state'),
  ENIM_RUN_DIR: join(root, 'run'),
});

function answer(env: NodeJS.ProcessEnv, stdin: string | Input): Promise<PluginAnswer> {
  return answerCall({
    env: { ...places(), ...env },
    stdin: typeof stdin === 'string' ? { text: stdin } : stdin,
    program: 'enim',
    interruption,
    openLog: (settings) => {
      logs.push({ logFile: settings.logFile, logLevel: settings.logLevel });
      return (level, message, fields = {}) => void lines.push({ level, message, fields });
    },
  });
}

const network = (overrides: Readonly<Record<string, unknown>> = {}): string => JSON.stringify(sampleNetwork(overrides));

/** The error document of an answer; that it is none is a failure. */
async function failure(env: NodeJS.ProcessEnv, stdin: string | Input): Promise<Record<string, unknown>> {
  const { stdout, exitCode } = await answer(env, stdin);
  expect([exitCode, stdout.endsWith('}\n')]).toEqual([1, true]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('answerCall', () => {
  it('says code 5 for an input that cannot be read', async () => {
    expect(await failure(sampleEnv('ADD'), { fault: 'EBADF' })).toEqual({
      ...{ cniVersion: '1.1.0', code: 5 },
      msg: 'The network configuration cannot be read from standard input: EBADF.',
      details: 'Try: a container runtime writes it there; by hand: CNI_COMMAND=… enim < FILE',
    });
  });

  it('says code 1 for a version that it does not speak', async () => {
    expect(await failure(sampleEnv('ADD'), network({ cniVersion: '9.9.9' }))).toMatchObject({
      ...{ cniVersion: '1.1.0', code: 1, msg: expect.stringContaining('9.9.9') },
      details: expect.stringContaining('0.3.1, 0.4.0, 1.0.0, 1.1.0'),
    });
  });

  it('says code 4 for an environment that is wrong, whatever the input', async () => {
    expect(await failure({ CNI_COMMAND: 'ADD' }, { fault: 'EBADF' })).toMatchObject({
      ...{ code: 4, msg: 'CNI_CONTAINERID is missing; CNI_NETNS is missing; CNI_IFNAME is missing.' },
    });
    expect(await failure({ CNI_COMMAND: 'FROB' }, 'no JSON')).toMatchObject({ code: 4 });
  });

  it('says code 6 for an input that is not JSON', async () => {
    for (const stdin of ['', '{', '[]', '['.repeat(100_000)])
      expect(await failure(sampleEnv('DEL'), stdin)).toMatchObject({ code: 6 });
  });

  it('says code 7 for a network configuration, or settings, that are wrong', async () => {
    expect(await failure(sampleEnv('ADD'), network({ mtu: 1 }))).toMatchObject({ code: 7 });
    expect(await failure(sampleEnv('ADD'), network({ config: join(root, 'broken.json') }))).toMatchObject({ code: 7 });
  });

  it.each(['0.3.1', '0.4.0', '1.0.0', '1.1.0'])('fails in the version that it was asked in: %s', async (cniVersion) => {
    expect(await failure(sampleEnv('ADD'), network({ cniVersion, mtu: 1 }))).toMatchObject({ cniVersion, code: 7 });
    expect(await failure(sampleEnv('ADD'), network({ cniVersion }))).toMatchObject({ cniVersion, code: 104 });
  });

  it('takes a DEL of what it does not know for done, any number of times, with a netns or without', async () => {
    for (const CNI_NETNS of ['/run/netns/enim-test-none', '', undefined])
      expect(await answer(sampleEnv('DEL', { CNI_NETNS }), network())).toEqual({ stdout: '', exitCode: 0 });
  });

  it('never says of a failed DEL that something was not found, whatever fails', async () => {
    const plugin = { ipam: { type: 'no such file or directory' } };
    const { msg } = await failure(sampleEnv('DEL'), network(plugin));
    expect(msg).toBe('The IPAM plugin "absent (ENOENT)" is in no directory of CNI_PATH (/nowhere/enim-test).');
  });

  it('needs a prevResult for CHECK', async () => {
    expect(await failure(sampleEnv('CHECK'), network())).toMatchObject({ code: 7 });
    const prevResult = { interfaces: [{ name: 'eth0', sandbox: '/run/netns/enim-test-none' }] };
    expect(await failure(sampleEnv('CHECK'), network({ prevResult }))).toMatchObject({
      ...{ code: 114, msg: expect.stringContaining('nothing is recorded of eth0 of container 3f9c') },
    });
    expect(await failure(sampleEnv('CHECK', { CNI_IFNAME: 'net1' }), network({ prevResult }))).toMatchObject({
      ...{ code: 114, msg: 'prevResult names no interface net1 in a sandbox.' },
    });
  });

  it('is the IPAM plugin where another one moves the NIC, and else its own', async () => {
    const prevResult = { ips: [{ address: '10.0.0.10/24' }] };
    const ipam = { type: 'enim' };
    expect(await failure(sampleEnv('CHECK'), network({ type: 'host-device', ipam, prevResult }))).toMatchObject({
      ...{ code: 114, msg: expect.stringContaining('nothing is recorded of it') },
    });
    expect(await failure(sampleEnv('CHECK'), network({ type: 'enim', ipam, prevResult }))).toMatchObject({
      ...{ code: 114, msg: 'prevResult names no interface eth0 in a sandbox.' },
    });
    for (const type of ['enim', 'host-device'])
      expect(await answer(sampleEnv('DEL'), network({ type, ipam }))).toEqual({ stdout: '', exitCode: 0 });
  });

  it('says 999 for a bug, and does not end by it', async () => {
    const stdin = {
      get text(): string {
        throw new TypeError('a bug');
      },
    };
    expect(await failure(sampleEnv('ADD'), stdin)).toEqual({
      ...{ cniVersion: '1.1.0', code: 999, msg: 'internal error: a bug' },
    });
  });
});

describe('the log of a call', () => {
  it('is the one that the network configuration names, once that is read', async () => {
    const logFile = join(root, 'enim.log');
    await answer(sampleEnv('DEL'), network({ logFile, logLevel: 'debug' }));
    expect(logs).toEqual([
      { logFile: null, logLevel: 'warn' },
      { logFile, logLevel: 'debug' },
    ]);
  });

  it('has a line for what was done, with its facts', async () => {
    await answer(sampleEnv('DEL'), network());
    expect(lines).toEqual([
      {
        ...{ level: 'info', message: 'done' },
        fields: {
          ...{ command: 'DEL', network: 'enis', containerID: '3f9c', ifname: 'eth0' },
          milliseconds: expect.any(Number),
        },
      },
    ]);
  });

  it('has a line for what failed, with its code', async () => {
    const { msg } = await failure(sampleEnv('ADD'), network());
    expect(lines).toEqual([
      {
        ...{ level: 'error', message: msg },
        fields: expect.objectContaining({ command: 'ADD', network: 'enis', containerID: '3f9c', code: 104 }),
      },
    ]);
  });
});

describe('any environment and any input', () => {
  const value = fc.constantFrom(
    ...[
      '',
      'x',
      '3f9c',
      '../x',
      'a b',
      'lo',
      'eth0',
      '\0',
      'ä',
      '/run/netns/enim-test-none',
      'a'.repeat(300),
      ';;',
      '=',
    ],
    ...[
      'K8S_POD_NAME=a b',
      'IgnoreUnknown=1;K8S_POD_NAME=x',
      'K8S_POD_NAMESPACE=/;K8S_POD_NAME=',
      '__proto__=1',
      '$(id)',
    ],
  );
  const variable = fc.constantFrom('CNI_CONTAINERID', 'CNI_IFNAME', 'CNI_ARGS', 'CNI_PATH', 'CNI_COMMAND', '__proto__');
  const environment = fc
    .tuple(
      fc.constantFrom('ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION', 'ADD', 'DEL', 'add', ''),
      fc.constantFrom('/run/netns/enim-test-none', '', '/proc/0/ns/net', 'enim-test-none', '/dev/null/x'),
      fc.array(fc.tuple(variable, value), { maxLength: 2 }),
    )
    .map(
      ([command, netns, changes]): NodeJS.ProcessEnv => ({
        ...{ ...sampleEnv('ADD'), CNI_COMMAND: command, CNI_NETNS: netns },
        ...Object.fromEntries(changes),
      }),
    );
  const input = fc
    .tuple(fc.nat(VALID.length - 1), fc.array(mutation, { maxLength: 2 }))
    .map(([base, mutations]) => mutations.reduce((text, mutate) => mutate(text), VALID[base] as string));

  /** Looks at the node as a whole, or takes a lock: not here. Settings that cannot be read end it before. */
  function looksAround({ CNI_COMMAND }: NodeJS.ProcessEnv, text: string): boolean {
    if (CNI_COMMAND === 'STATUS') return true;
    const keys = keysOf(text);
    if (CNI_COMMAND === 'GC') return !Array.isArray(keys['cni.dev/valid-attachments'] ?? keys['cni.dev/attachments']);
    return (keys.ipam as { type?: unknown } | null | undefined)?.type === 'enim' && keys.type !== 'enim';
  }

  function keysOf(text: string): Record<string, unknown> {
    try {
      return (JSON.parse(text) as Record<string, unknown> | null) ?? {};
    } catch {
      return {};
    }
  }

  /** What is wrong with an answer. */
  function fault({ stdout, exitCode }: PluginAnswer, env: NodeJS.ProcessEnv): string | undefined {
    if (exitCode === 0) {
      if (stdout !== '') return 'something was printed';
      return ['DEL', 'GC'].includes(env.CNI_COMMAND ?? '') ? undefined : 'nothing was printed';
    }
    const { cniVersion, code, msg, details = '', ...others } = JSON.parse(stdout) as Record<string, unknown>;
    if (exitCode !== 1 || !stdout.endsWith('}\n')) return 'it does not end as it should';
    if (!['0.3.1', '0.4.0', '1.0.0', '1.1.0'].includes(cniVersion as string)) return `cniVersion is ${cniVersion}`;
    if (![1, 4, 6, 7, 104, 110, 114, 115].includes(code as number)) return `code is ${code}: ${msg}`;
    if (typeof msg !== 'string' || msg === '' || typeof details !== 'string') return 'msg or details is no text';
    if (Object.keys(others).length > 0) return `there is more in it: ${Object.keys(others).join()}`;
    return undefined;
  }

  it('get one document, and a throw never', async () => {
    let done = 0;
    const codes = new Map<number, number>();
    const property = fc.asyncProperty(environment, input, async (env, text) => {
      done += 1;
      if (done % 500 === 0) forgetSignals();
      lines = [];
      logs = [];
      const given = await answer({ ...env, ...(looksAround(env, text) ? places('broken.json') : {}) }, text);
      codes.set(given.exitCode, (codes.get(given.exitCode) ?? 0) + 1);
      const wrong = fault(given, env);
      if (wrong !== undefined) throw new Error(`${wrong}\n${given.stdout}`);
    });
    // Some at once: most of the time one waits for the disk.
    await Promise.all(Array.from({ length: 4 }, () => fc.assert(property, { numRuns: INPUTS / 4 })));
    // Both ends were reached, and nothing was written: no lock, no state.
    expect(codes.get(0)).toBeGreaterThan(INPUTS / 20);
    expect(codes.get(1)).toBeGreaterThan(INPUTS / 5);
    expect(readdirSync(root)).toEqual(['broken.json']);
  }, 120_000);
});
