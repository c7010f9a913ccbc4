import { describe, expect, it } from '@jest/globals';
import { type CniCall, type CniCommand, parseCall } from '../../src/cni/call.js';
import { enimErrorOf } from '../model/thrown.js';
import { sampleEnv } from './samples.js';

const COMMANDS: readonly CniCommand[] = ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS'];
const ALL_MISSING = { CNI_CONTAINERID: '', CNI_NETNS: '', CNI_IFNAME: '' };

const argsOf = (text: string): CniCall['args'] => parseCall(sampleEnv('ADD', { CNI_ARGS: text })).args;

/** What the error of a refused environment says, or `nothing`. */
async function faultsOf(env: NodeJS.ProcessEnv): Promise<string> {
  const error = await enimErrorOf(() => parseCall(env));
  expect([error.code, error.cniCode]).toEqual(['INVALID_ENVIRONMENT', 4]);
  return error.message;
}

describe('parseCall', () => {
  it('reads what kubelet’s runtime sets', () => {
    expect(parseCall(sampleEnv('ADD', { CNI_PATH: '/opt/cni/bin:/usr/lib/cni' }))).toEqual({
      ...{ command: 'ADD', containerID: '3f9c', netns: '/run/netns/enim-test-none', ifname: 'eth0' },
      args: { namespace: 'default', name: 'web-0', uid: '77a1' },
      path: ['/opt/cni/bin', '/usr/lib/cni'],
    });
  });

  it.each(['GC', 'STATUS'] as const)('needs nothing else for %s', (command) => {
    expect(parseCall({ CNI_COMMAND: command })).toEqual({
      ...{ command, containerID: '', netns: '', ifname: '', path: [] },
      args: { namespace: null, name: null, uid: null },
    });
  });

  it('takes a DEL without a netns, unset or empty, as it comes when the sandbox has ended', () => {
    expect(parseCall(sampleEnv('DEL', { CNI_NETNS: '' })).netns).toBe('');
    expect(parseCall(sampleEnv('DEL', { CNI_NETNS: undefined })).netns).toBe('');
  });

  it('leaves empty elements out of CNI_PATH', () => {
    expect(parseCall(sampleEnv('ADD', { CNI_PATH: ':/a::/b:' })).path).toEqual(['/a', '/b']);
    expect(parseCall(sampleEnv('ADD', { CNI_PATH: undefined })).path).toEqual([]);
  });

  it.each([
    ['ADD', 'CNI_CONTAINERID is missing; CNI_NETNS is missing; CNI_IFNAME is missing.'],
    ['CHECK', 'CNI_CONTAINERID is missing; CNI_NETNS is missing; CNI_IFNAME is missing.'],
    ['DEL', 'CNI_CONTAINERID is missing; CNI_IFNAME is missing.'],
  ] as const)('names all variables that %s is missing, not just the first', async (command, message) => {
    expect(await faultsOf(sampleEnv(command, ALL_MISSING))).toBe(message);
    expect(await faultsOf({ CNI_COMMAND: command })).toBe(message);
  });

  it('names what is wrong beside what is missing, with its value', async () => {
    const message = await faultsOf({
      ...{ CNI_COMMAND: 'ADD', CNI_CONTAINERID: '../x', CNI_IFNAME: 'eth 0', CNI_ARGS: 'IgnoreUnknown' },
    });
    expect(message).toMatch(
      /^CNI_CONTAINERID "..\/x" has .*; CNI_NETNS is missing; CNI_IFNAME "eth 0" has .*; CNI_ARGS has "IgnoreUnknown" in it, which is no KEY=VALUE\.$/,
    );
  });

  it.each([
    ['CNI_CONTAINERID', '-a', 'begin with a letter'],
    ['CNI_CONTAINERID', 'a/b', 'has other characters'],
    ['CNI_CONTAINERID', 'a\n', 'has other characters'],
    ['CNI_CONTAINERID', 'a'.repeat(256), 'longer than 255'],
    ['CNI_IFNAME', 'a'.repeat(16), 'longer than 15'],
    ['CNI_IFNAME', '..', 'reserved'],
    ['CNI_IFNAME', 'a:b', '":"'],
    ['CNI_IFNAME', 'lo', 'is the loopback’s'],
  ])('refuses %s=%j: %s', async (name, value, why) => {
    const message = await faultsOf(sampleEnv('ADD', { [name]: value }));
    expect(message).toContain(`${name} ${JSON.stringify(value)} `);
    expect(message).toContain(why);
  });

  it.each([undefined, '', 'add', 'ADD ', 'UPDATE', 'constructor'])(
    'refuses the verb %j, naming those there are',
    async (command) => {
      const message = await faultsOf(sampleEnv('ADD', { CNI_COMMAND: command }));
      expect(message).toBe(
        `CNI_COMMAND is ${JSON.stringify(command ?? '')}, which is none of ADD, DEL, CHECK, GC, STATUS, VERSION.`,
      );
    },
  );

  it.each(COMMANDS)('refuses CNI_ARGS that are no KEY=VALUE for %s too', async (command) => {
    for (const text of ['K8S_POD_NAME', '=web-0', 'a=1;b', 'a=1; ;b=2'])
      expect(await faultsOf(sampleEnv(command, { CNI_ARGS: text }))).toContain('which is no KEY=VALUE');
  });
});

describe('CNI_ARGS', () => {
  it('are read in any order', () => {
    const pairs = ['IgnoreUnknown=1', 'K8S_POD_UID=u', 'K8S_POD_NAME=web-0', 'K8S_POD_NAMESPACE=default'];
    for (let turn = 0; turn < pairs.length; turn += 1) {
      const turned = [...pairs.slice(turn), ...pairs.slice(0, turn)];
      for (const each of [turned, turned.toReversed()])
        expect(argsOf(each.join(';'))).toEqual({ namespace: 'default', name: 'web-0', uid: 'u' });
    }
  });

  it('are all optional', () => {
    expect(argsOf('')).toEqual({ namespace: null, name: null, uid: null });
    expect(argsOf('IgnoreUnknown=1;K8S_POD_NAME=box')).toEqual({ namespace: null, name: 'box', uid: null });
    expect(argsOf('K8S_POD_NAME=;K8S_POD_UID=')).toEqual({ namespace: null, name: null, uid: null });
  });

  it.each(['IgnoreUnknown=1;', 'IgnoreUnknown=true;', 'IgnoreUnknown=0;', ''])(
    'may have keys that nobody knows behind %j',
    (start) => {
      expect(argsOf(`${start}FOO=bar;__proto__=x;constructor=y;K8S_POD_NAME=web-0`).name).toBe('web-0');
    },
  );

  it('may have empty pairs, and "=" in a value', () => {
    expect(argsOf(';;K8S_POD_NAME=web-0;;K8S_POD_UID=a=b;')).toMatchObject({ name: 'web-0', uid: 'a=b' });
  });

  it('mean the last one where a key comes twice', () => {
    expect(argsOf('K8S_POD_NAME=a;K8S_POD_NAME=b').name).toBe('b');
  });
});
