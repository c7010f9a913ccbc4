import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Outcome, Programs } from '../../src/exec.js';
import { openIproute2 } from '../../src/link/iproute2.js';
import type { IpCommand, Kernel } from '../../src/link/kernel.js';
import { enimErrorOf } from '../model/thrown.js';
import { splitLine } from './batch.js';

/** Programs that were started, with what they were told. */
interface Call {
  readonly argv: readonly string[];
  readonly keepOpen: readonly number[] | undefined;
  readonly told: string[];
  isOpen: boolean;
}

/** What `ip` prints for one command, or how it fails. */
type Reaction = (words: readonly string[]) => string | { readonly stderr: string; readonly code?: number | null };

const UP = ['link', 'set', 'dev', 'eni1', 'up'];
const NETNS = { path: '/run/netns/web-0' };

/** A session with programs that answer as told, by default every listing with an empty document. */
function open(react: Reaction = () => '[]', keepOpen: readonly number[] = []): { session: Kernel; calls: Call[] } {
  const calls: Call[] = [];
  const outcomeOf = (words: readonly string[], line: number | null): Outcome => {
    const reaction = react(words);
    if (typeof reaction === 'string')
      return {
        code: 0,
        stdout: words.some((word) => ['show', 'get'].includes(word)) ? `${reaction}\n` : '',
        stderr: '',
      };
    const { stderr, code = 1 } = reaction;
    return {
      code,
      stdout: '',
      stderr: `${stderr}\n${line === null || code === null ? '' : `Command failed -:${line}\n`}`,
    };
  };
  const programs: Programs = {
    run: async (program, args, options = {}) => {
      const argv = [program, ...args];
      calls.push({ argv, keepOpen: options.keepOpen, told: [], isOpen: false });
      return outcomeOf(argv.slice(argv.indexOf('ip') + 1), null);
    },
    converse: (program, args, options = {}) => {
      const call: Call = { argv: [program, ...args], keepOpen: options.keepOpen, told: [], isOpen: true };
      calls.push(call);
      return {
        ask: async (text, count) => {
          const lines: string[] = [];
          for (const line of text.trimEnd().split('\n')) {
            call.told.push(line);
            const outcome = outcomeOf(splitLine(line), call.told.length);
            if (outcome.code !== 0) return { lines, ended: outcome };
            if (outcome.stdout !== '') lines.push(outcome.stdout.trimEnd());
          }
          if (lines.length < count) throw new Error(`${count} lines were waited for, for ever.`);
          return { lines: lines.slice(0, count), ended: null };
        },
        end: async () => {
          call.isOpen = false;
        },
      };
    },
  };
  return { session: openIproute2(programs, keepOpen), calls };
}

describe('an `ip` session', () => {
  it('speaks to one process in each place, and to one more for modes, kept from one call to the next, with the locks it was given', async () => {
    const { session, calls } = open(undefined, [7]);
    await session.links('home');
    await session.links(NETNS);
    await session.change('home', [UP]);
    await session.links('home');
    const batch = ['ip', '-j', '-d', '-batch', '-'];
    expect(calls.map(({ argv, keepOpen }) => [argv, keepOpen])).toEqual([
      ...[batch, batch].map((argv) => [argv, [7]]),
      ...[batch, batch].map((argv) => [['nsenter', '--net=/run/netns/web-0', '--', ...argv], [7]]),
    ]);
    expect(calls[0]?.told).toEqual(['address show', 'link set dev eni1 up', 'address show dev if1', 'address show']);
    expect(calls[1]?.told).toEqual(['link show', 'link show']);
  });

  it('asks for what is wanted, and no more', async () => {
    const { session, calls } = open();
    await session.links('home', 'eni1');
    await session.routes('home', { to: 'everywhere' });
    await session.routes('home', { dev: 'eni1' });
    await session.wayTo('home', '10.0.0.1');
    expect(calls[0]?.told).toEqual([
      ...[
        'address show dev eni1',
        'route show table all default',
        'route show table all dev eni1',
        // Those with several next hops, which are left out where one device is asked for.
        'route show table all',
        'route get 10.0.0.1',
      ],
    ]);
  });

  it('asks for the rules of each family by itself', async () => {
    const { session, calls } = open(
      (words) => `[{"priority":7,"src":"${words.includes('-6') ? 'fd00::10' : '10.0.0.10'}","table":"127"}]`,
    );
    expect((await session.rules('home')).map(({ family, from }) => [family, from])).toEqual([
      [4, '10.0.0.10'],
      [6, 'fd00::10'],
    ]);
    expect(calls.map(({ argv }) => argv.join(' '))).toEqual(['ip -j -d -4 rule show', 'ip -j -d -6 rule show']);
  });

  it('sees the rules of a kernel without IPv6; that there are none to be seen is a failure', async () => {
    const refused = 'RTNETLINK answers: Address family not supported by protocol';
    const { session } = open((words) => (words.includes('-6') ? { stderr: refused } : '[]'));
    expect(await session.rules('home')).toEqual([]);
    const blind = open(() => ({ stderr: refused })).session;
    expect((await enimErrorOf(() => blind.rules('home'))).code).toBe('LINK_FAILED');
  });

  it('sees no link of a name that none has, and no way that there is not', async () => {
    const { session } = open((words) =>
      words[1] === 'get'
        ? { stderr: 'RTNETLINK answers: Network is unreachable' }
        : { stderr: 'Device "eni9" does not exist.' },
    );
    expect(await session.links('home', 'eni9')).toEqual([]);
    expect(await session.wayTo('home', '8.8.8.8')).toBeNull();
    expect((await enimErrorOf(() => session.routes('home', { dev: 'eni9' }))).code).toBe('LINK_FAILED');
  });

  it('waits until a command that prints nothing is done', async () => {
    const { session, calls } = open();
    await session.change('home', [UP]);
    expect(calls[0]?.told).toEqual(['link set dev eni1 up', 'address show dev if1']);
  });

  it('ends its processes when it is closed', async () => {
    const { session, calls } = open();
    await session.links('home');
    await session.links(NETNS);
    await session.close();
    expect(calls.map(({ isOpen }) => isOpen)).toEqual([false, false, false, false]);
  });

  it('starts anew after a failure', async () => {
    const { session, calls } = open((words) =>
      words[1] === 'set' ? { stderr: 'RTNETLINK answers: File exists' } : '[]',
    );
    await enimErrorOf(() => session.change('home', [UP]));
    expect(await session.links('home')).toEqual([]);
    expect(calls.map(({ told }) => told)).toEqual([['link set dev eni1 up'], ['address show'], ['link show']]);
  });

  it('goes on after failures only where it is told to', async () => {
    const wrong = ['link', 'set', 'dev', 'eni9', 'up'];
    const react: Reaction = (words) => (words.includes('eni9') ? { stderr: 'Cannot find device "eni9"' } : '[]');
    const forced = open(react);
    await forced.session.change('home', [UP, wrong, UP], { force: true });
    // What was sent behind the failure was not read any more.
    expect(forced.calls.map(({ told }) => told)).toEqual([
      ['link set dev eni1 up', 'link set dev eni9 up'],
      ['link set dev eni1 up', 'address show dev if1'],
    ]);
    const { session, calls } = open(react);
    await enimErrorOf(() => session.change('home', [UP, wrong, UP]));
    expect(calls.flatMap(({ told }) => told)).toEqual(['link set dev eni1 up', 'link set dev eni9 up']);
  });

  it('counts the lines of all calls when it looks for the one that failed', async () => {
    let calls = 0;
    const { session } = open((words) => {
      calls += words[1] === 'set' ? 1 : 0;
      return calls === 4 ? { stderr: 'Cannot find device "eni9"' } : '[]';
    });
    await session.change('home', [UP, UP]);
    const error = await enimErrorOf(() => session.change('home', [UP, ['link', 'set', 'dev', 'eni9', 'up'], UP]));
    expect(error.message).toBe('"ip link set dev eni9 up" at home: Cannot find device "eni9".');
  });

  it('does not go on for ever where `ip` itself was killed', async () => {
    const { session } = open(() => ({ stderr: '', code: null }));
    const error = await enimErrorOf(() => session.change('home', [UP], { force: true }));
    expect([error.code, error.message]).toEqual(['LINK_FAILED', '"ip link set dev eni1 up" at home: it was killed.']);
  });
});

describe('an argument', () => {
  it('with blanks, or empty, is written so that iproute2 reads it as one', async () => {
    const { session, calls } = open();
    await session.change('home', [
      ['link', 'set', 'dev', 'eni1', 'alias', 'uplink to rack 7'],
      ['link', 'set', 'dev', 'eni1', 'alias', ''],
    ]);
    expect(calls[0]?.told.slice(0, 2)).toEqual([
      'link set dev eni1 alias "uplink to rack 7"',
      'link set dev eni1 alias ""',
    ]);
  });

  it.each(['a#b', 'say "x"', "it's", 'back\\slash', 'two\nlines'])(
    'such as %j goes to a process of its own, for a batch could not hold it',
    async (alias) => {
      const { session, calls } = open(() => '[]', [7]);
      const command = ['link', 'set', 'dev', 'eni1', 'alias', alias];
      await session.change(NETNS, [command, UP]);
      expect(calls[0]).toMatchObject({
        argv: ['nsenter', '--net=/run/netns/web-0', '--', 'ip', ...command],
        keepOpen: [7],
      });
      expect(calls[1]?.told[0]).toBe('link set dev eni1 up');
    },
  );

  it('that is an option goes to a process of its own too, for a batch knows none', async () => {
    const { session, calls } = open();
    const command = ['-6', 'rule', 'add', 'from', 'fd00::10', 'lookup', '127', 'priority', '1152'];
    await session.change(NETNS, [UP, command, UP]);
    expect(calls[1]?.argv).toEqual(['nsenter', '--net=/run/netns/web-0', '--', 'ip', ...command]);
    expect(calls[0]?.told.filter((line) => line.startsWith('link'))).toHaveLength(2);
  });

  it('that needs a process of its own stops the rest as well when its command fails', async () => {
    const { session, calls } = open(() => ({ stderr: 'RTNETLINK answers: File exists', code: 2 }));
    const error = await enimErrorOf(() => session.change('home', [['link', 'set', 'dev', 'eni1', 'alias', 'a#b'], UP]));
    expect(error.message).toBe('"ip link set dev eni1 alias a#b" at home: File exists.');
    expect(calls).toHaveLength(1);
  });

  it('gets through, whatever is in it', async () => {
    const word = fc.string({ unit: fc.constantFrom('a', ' ', '"', "'", '#', '\\', '\t', ';', '$', 'é'), maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
        async (words) => {
          const received: IpCommand[] = [];
          const { session } = open((command) => {
            if (command.join(' ') !== 'address show dev if1') received.push(command);
            return '[]';
          });
          const commands = words.map((each) => ['link', 'set', ...each]);
          await session.change('home', commands);
          expect(received).toEqual(commands);
        },
      ),
    );
  });
});

describe('a command that fails', () => {
  const failing = (stderr: string, code: number | null = 2): Kernel =>
    open((words) => (words.includes('eni9') ? { stderr, code } : '[]')).session;
  const commands = [UP, ['link', 'set', 'dev', 'eni9', 'up']];

  it('is named, with where and what the kernel said', async () => {
    const error = await enimErrorOf(() => failing('Cannot find device "eni9"').change(NETNS, commands));
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
    expect((await enimErrorOf(() => failing(stderr).change('home', commands))).message).toBe(
      `"ip link set dev eni9 up" at home: ${reason}.`,
    );
  });

  it('says that it takes root', async () => {
    const error = await enimErrorOf(() =>
      failing('RTNETLINK answers: Operation not permitted').change('home', commands),
    );
    expect([error.code, error.hint]).toEqual(['NOT_PERMITTED', 'run enim as root']);
  });

  it.each([
    'nsenter: cannot open /run/netns/web-0: No such file or directory',
    "nsenter: reassociate to namespace 'ns/net' failed: Invalid argument",
  ])('because the netns is gone is NOT_THERE: %s', async (stderr) => {
    const error = await enimErrorOf(() => failing(stderr).change(NETNS, commands));
    expect([error.code, error.message]).toEqual([
      'NOT_THERE',
      `The netns /run/netns/web-0 cannot be entered (${stderr.replace('nsenter: ', '')}).`,
    ]);
  });

  it.each([
    ["nsenter: reassociate to namespace 'ns/net' failed: Operation not permitted", 'NOT_PERMITTED'],
    ['nsenter: cannot open /run/netns/web-0: Permission denied', 'NOT_PERMITTED'],
    ['nsenter: cannot open /run/netns/web-0: Too many open files', 'LINK_FAILED'],
  ])('because the netns cannot be entered does not say that it is gone: %s', async (stderr, code) => {
    expect((await enimErrorOf(() => failing(stderr).change(NETNS, commands))).code).toBe(code);
  });
});
