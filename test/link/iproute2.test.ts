import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Outcome, Run } from '../../src/exec.js';
import { ip } from '../../src/link/iproute2.js';
import { enimErrorOf } from '../model/thrown.js';
import { splitLine } from './batch.js';

interface Call {
  readonly argv: readonly string[];
  readonly input: string | undefined;
  readonly keepOpen: readonly number[] | undefined;
}

/** A runner that writes down what it is asked to start, and answers. */
function recorder(answer: Partial<Outcome> = {}): { run: Run; calls: Call[] } {
  const calls: Call[] = [];
  const run: Run = async (program, args, { input, keepOpen } = {}) => {
    calls.push({ argv: [program, ...args], input, keepOpen });
    return { code: 0, stdout: '', stderr: '', ...answer };
  };
  return { run, calls };
}

const NETNS = { path: '/run/netns/web-0' };

describe('ip', () => {
  it('runs all commands of a step in one process', async () => {
    const { run, calls } = recorder({ stdout: '[]\n[{"a":1}]\n' });
    expect(
      await ip(
        run,
        'home',
        [
          ['address', 'show'],
          ['route', 'show'],
        ],
        { keepOpen: [7] },
      ),
    ).toEqual([[], [{ a: 1 }]]);
    expect(calls).toEqual([
      { argv: ['ip', '-j', '-d', '-batch', '-'], input: 'address show\nroute show\n', keepOpen: [7] },
    ]);
  });

  it('enters another netns by its path', async () => {
    const { run, calls } = recorder();
    await ip(run, NETNS, [['address', 'show']]);
    expect(calls[0]?.argv).toEqual(['nsenter', '--net=/run/netns/web-0', '--', 'ip', '-j', '-d', '-batch', '-']);
  });

  it('goes on after failures only where it is told to', async () => {
    const { run, calls } = recorder({
      code: 1,
      stdout: '[]\n',
      stderr: 'RTNETLINK answers: Network is unreachable\nCommand failed -:1\n',
    });
    expect(await ip(run, 'home', [['route', 'get', '8.8.8.8']], { force: true })).toEqual([[]]);
    expect(calls[0]?.argv).toContain('-force');
    await enimErrorOf(() => ip(run, 'home', [['route', 'get', '8.8.8.8']]));
    expect(calls[1]?.argv).not.toContain('-force');
  });

  it('writes blanks and empty words so that iproute2 reads them as one', async () => {
    const { run, calls } = recorder();
    await ip(run, 'home', [
      ['link', 'set', 'dev', 'eni1', 'alias', 'uplink to rack 7'],
      ['link', 'set', 'dev', 'eni1', 'alias', ''],
    ]);
    expect(calls[0]?.input).toBe('link set dev eni1 alias "uplink to rack 7"\nlink set dev eni1 alias ""\n');
  });

  it.each(['a#b', 'say "x"', "it's", 'back\\slash', 'two\nlines'])(
    'passes %j as an argument of its own process, for a batch could not hold it',
    async (alias) => {
      const { run, calls } = recorder({ stdout: '[1]\n' });
      const commands = [
        ['link', 'set', 'dev', 'eni1', 'alias', alias],
        ['address', 'show'],
      ];
      expect(await ip(run, NETNS, commands, { keepOpen: [7] })).toEqual([[1], [1]]);
      const start = ['nsenter', '--net=/run/netns/web-0', '--', 'ip', '-j', '-d'];
      expect(calls).toEqual(
        commands.map((command) => ({ argv: [...start, ...command], input: undefined, keepOpen: [7] })),
      );
    },
  );

  it('stops one by one, too, at the first that fails', async () => {
    const { run, calls } = recorder({ code: 2, stderr: 'RTNETLINK answers: File exists\n' });
    const error = await enimErrorOf(() =>
      ip(run, 'home', [
        ['link', 'set', 'dev', 'eni1', 'alias', 'a#b'],
        ['address', 'show'],
      ]),
    );
    expect(error.message).toBe('"ip link set dev eni1 alias a#b" at home: File exists.');
    expect(calls).toHaveLength(1);
  });

  it('gets every argument through, whatever is in it', async () => {
    const word = fc.string({ unit: fc.constantFrom('a', ' ', '"', "'", '#', '\\', '\t', ';', '$', 'é'), maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
        async (words) => {
          const commands = words.map((each) => ['link', ...each]);
          const { run, calls } = recorder();
          await ip(run, 'home', commands);
          const received = calls.flatMap(({ argv, input }) =>
            input === undefined ? [argv.slice(3)] : input.trimEnd().split('\n').map(splitLine),
          );
          expect(received).toEqual(commands);
        },
      ),
    );
  });
});

describe('a command that fails', () => {
  const commands = [
    ['link', 'set', 'dev', 'eni1', 'up'],
    ['link', 'set', 'dev', 'eni9', 'up'],
  ];

  it('is named, with where and what the kernel said', async () => {
    const { run } = recorder({ code: 1, stderr: 'Cannot find device "eni9"\nCommand failed -:2\n' });
    const error = await enimErrorOf(() => ip(run, NETNS, commands));
    expect([error.code, error.message]).toEqual([
      'LINK_FAILED',
      '"ip link set dev eni9 up" in netns /run/netns/web-0: Cannot find device "eni9".',
    ]);
  });

  it.each([
    ['RTNETLINK answers: File exists', 'File exists'],
    ['Error: Nexthop has invalid gateway.', 'Nexthop has invalid gateway'],
    ['', 'no message'],
  ])('%j says %j', async (stderr, reason) => {
    const { run } = recorder({ code: 2, stderr: `${stderr}\nCommand failed -:1\n` });
    expect((await enimErrorOf(() => ip(run, 'home', commands))).message).toBe(
      `"ip link set dev eni1 up" at home: ${reason}.`,
    );
  });

  it('says that it takes root', async () => {
    const { run } = recorder({ code: 2, stderr: 'RTNETLINK answers: Operation not permitted\nCommand failed -:1\n' });
    const error = await enimErrorOf(() => ip(run, 'home', commands));
    expect([error.code, error.hint]).toEqual(['NOT_PERMITTED', 'run enim as root']);
  });

  it.each([
    'nsenter: cannot open /run/netns/web-0: No such file or directory',
    "nsenter: reassociate to namespace 'ns/net' failed: Invalid argument",
  ])('because the netns is gone is NOT_THERE: %s', async (stderr) => {
    const { run } = recorder({ code: 1, stderr: `${stderr}\n` });
    const error = await enimErrorOf(() => ip(run, NETNS, commands));
    expect([error.code, error.message]).toEqual([
      'NOT_THERE',
      `The netns /run/netns/web-0 cannot be entered (${stderr.replace('nsenter: ', '')}).`,
    ]);
  });

  it('because `ip` was killed is an error as well', async () => {
    const { run } = recorder({ code: null });
    expect((await enimErrorOf(() => ip(run, 'home', commands))).code).toBe('LINK_FAILED');
  });
});
