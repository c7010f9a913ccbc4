import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Outcome, Programs } from '../../src/exec.js';
import type { IpCommand, IpSession } from '../../src/link/ip.js';
import { openIproute2 } from '../../src/link/iproute2.js';
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

const SHOW = ['address', 'show'];
const UP = ['link', 'set', 'dev', 'eni1', 'up'];
const NETNS = { path: '/run/netns/web-0' };

/** A session with programs that answer as told, by default every listing with an empty document. */
function open(react: Reaction = () => '[]', keepOpen: readonly number[] = []): { session: IpSession; calls: Call[] } {
  const calls: Call[] = [];
  const outcomeOf = (words: readonly string[], line: number | null): Outcome => {
    const reaction = react(words);
    if (typeof reaction === 'string')
      return { code: 0, stdout: ['show', 'get'].includes(words[1] ?? '') ? `${reaction}\n` : '', stderr: '' };
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
      return outcomeOf(argv.slice(argv.indexOf('-d') + 1), null);
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
  it('speaks to one process in each place, kept from one call to the next, with the locks it was given', async () => {
    const { session, calls } = open(undefined, [7]);
    await session.ip('home', [SHOW]);
    await session.ip(NETNS, [SHOW]);
    await session.ip('home', [UP]);
    const batch = ['ip', '-j', '-d', '-batch', '-'];
    expect(calls.map(({ argv, keepOpen }) => [argv, keepOpen])).toEqual([
      [batch, [7]],
      [['nsenter', '--net=/run/netns/web-0', '--', ...batch], [7]],
    ]);
    expect(calls[0]?.told.slice(0, 2)).toEqual(['address show', 'link set dev eni1 up']);
  });

  it('gives the documents of the commands that list something, in their order', async () => {
    const { session } = open((words) => `[{"of":"${words[0]}"}]`);
    const commands = [SHOW, UP, ['route', 'show', 'table', 'all'], UP];
    expect(await session.ip('home', commands)).toEqual([[{ of: 'address' }], [{ of: 'route' }]]);
    expect(await session.ip('home', [UP])).toEqual([]);
  });

  it('waits until a command that prints nothing is done', async () => {
    const { session, calls } = open();
    await session.ip('home', [UP]);
    expect(calls[0]?.told).toEqual(['link set dev eni1 up', 'address show dev if1']);
  });

  it('ends its processes when it is closed', async () => {
    const { session, calls } = open();
    await session.ip('home', [SHOW]);
    await session.ip(NETNS, [SHOW]);
    await session.close();
    expect(calls.map(({ isOpen }) => isOpen)).toEqual([false, false]);
  });

  it('starts anew after a failure', async () => {
    const { session, calls } = open((words) =>
      words[0] === 'link' ? { stderr: 'RTNETLINK answers: File exists' } : '[]',
    );
    await enimErrorOf(() => session.ip('home', [UP]));
    expect(await session.ip('home', [SHOW])).toEqual([[]]);
    expect(calls).toHaveLength(2);
  });

  it('goes on after failures only where it is told to; a listing that failed is undefined', async () => {
    const away = ['route', 'get', '8.8.8.8'];
    const react: Reaction = (words) =>
      words[1] === 'get' ? { stderr: 'RTNETLINK answers: Network is unreachable' } : '[1]';
    const forced = open(react);
    expect(await forced.session.ip('home', [SHOW, away, UP, SHOW], { force: true })).toEqual([[1], undefined, [1]]);
    expect(forced.calls.flatMap(({ told }) => told)).toEqual([
      ...['address show', 'route get 8.8.8.8', 'link set dev eni1 up', 'address show'],
      // What was sent behind the failure was not read any more.
    ]);
    const { session, calls } = open(react);
    await enimErrorOf(() => session.ip('home', [SHOW, away, UP]));
    expect(calls.flatMap(({ told }) => told)).toEqual(['address show', 'route get 8.8.8.8']);
  });

  it('counts the lines of all calls when it looks for the one that failed', async () => {
    let calls = 0;
    const { session } = open((words) => {
      calls += words[1] === 'set' ? 1 : 0;
      return calls === 4 ? { stderr: 'Cannot find device "eni9"' } : '[]';
    });
    await session.ip('home', [UP, UP]);
    const error = await enimErrorOf(() => session.ip('home', [UP, ['link', 'set', 'dev', 'eni9', 'up'], UP]));
    expect(error.message).toBe('"ip link set dev eni9 up" at home: Cannot find device "eni9".');
  });

  it('does not go on for ever where `ip` itself was killed', async () => {
    const { session } = open(() => ({ stderr: '', code: null }));
    const error = await enimErrorOf(() => session.ip('home', [UP], { force: true }));
    expect([error.code, error.message]).toEqual(['LINK_FAILED', '"ip link set dev eni1 up" at home: it was killed.']);
  });
});

describe('an argument', () => {
  it('with blanks, or empty, is written so that iproute2 reads it as one', async () => {
    const { session, calls } = open();
    await session.ip('home', [
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
      const { session, calls } = open(() => '[1]', [7]);
      const command = ['link', 'set', 'dev', 'eni1', 'alias', alias];
      expect(await session.ip(NETNS, [command, SHOW])).toEqual([[1]]);
      expect(calls[0]).toMatchObject({
        argv: ['nsenter', '--net=/run/netns/web-0', '--', 'ip', '-j', '-d', ...command],
        keepOpen: [7],
      });
    },
  );

  it('that needs a process of its own stops the rest as well when its command fails', async () => {
    const { session, calls } = open(() => ({ stderr: 'RTNETLINK answers: File exists', code: 2 }));
    const error = await enimErrorOf(() => session.ip('home', [['link', 'set', 'dev', 'eni1', 'alias', 'a#b'], SHOW]));
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
          await session.ip('home', commands);
          expect(received).toEqual(commands);
        },
      ),
    );
  });
});

describe('a command that fails', () => {
  const failing = (stderr: string, code: number | null = 2): IpSession =>
    open((words) => (words.includes('eni9') ? { stderr, code } : '[]')).session;
  const commands = [UP, ['link', 'set', 'dev', 'eni9', 'up']];

  it('is named, with where and what the kernel said', async () => {
    const error = await enimErrorOf(() => failing('Cannot find device "eni9"').ip(NETNS, commands));
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
    expect((await enimErrorOf(() => failing(stderr).ip('home', commands))).message).toBe(
      `"ip link set dev eni9 up" at home: ${reason}.`,
    );
  });

  it('says that it takes root', async () => {
    const error = await enimErrorOf(() => failing('RTNETLINK answers: Operation not permitted').ip('home', commands));
    expect([error.code, error.hint]).toEqual(['NOT_PERMITTED', 'run enim as root']);
  });

  it.each([
    'nsenter: cannot open /run/netns/web-0: No such file or directory',
    "nsenter: reassociate to namespace 'ns/net' failed: Invalid argument",
  ])('because the netns is gone is NOT_THERE: %s', async (stderr) => {
    const error = await enimErrorOf(() => failing(stderr).ip(NETNS, commands));
    expect([error.code, error.message]).toEqual([
      'NOT_THERE',
      `The netns /run/netns/web-0 cannot be entered (${stderr.replace('nsenter: ', '')}).`,
    ]);
  });
});
