import { afterEach, describe, expect, test } from '@jest/globals';
import { Args, Flags } from '@oclif/core';
import { EnimCommand } from '../../src/commands/base.js';
import type { CommandTable } from '../../src/commands/index.js';
import { EnimError } from '../../src/model/errors.js';
import { runEnim } from './run.js';

/** Does what its argument says. */
class Act extends EnimCommand {
  static override summary = 'Act as told';
  static override args = { how: Args.string({ required: true, ignoreStdin: true, description: 'what to do' }) };
  static override flags = {
    netns: Flags.string({ exclusive: ['kind'] }),
    kind: Flags.string({ options: ['big', 'small'] }),
    size: Flags.string({ dependsOn: ['kind'] }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Act);
    if (args.how === 'refuse') {
      throw new EnimError('UNSAFE', 'The NIC eth0 carries the default route.', {
        details: ['it would cut off the node'],
        hint: 'enim act please --force',
      });
    }
    if (args.how === 'crash') throw new TypeError('x is not a function');
    if (args.how === 'leave') this.exit(3);
    if (args.how === 'warn') this.warn('the state was mended');
    this.log(`done: ${args.how}`);
    return { how: args.how, config: flags.config ?? null, overrides: this.overrides(flags), width: this.width() };
  }
}

const TABLE: CommandTable = { act: async () => ({ default: Act }) };
const act = (...argv: string[]) => runEnim(['act', ...argv], TABLE);

describe('a command', () => {
  test('prints for people, and its document alone with --json', async () => {
    expect(await act('well')).toEqual({ code: 0, stdout: 'done: well\n', stderr: '' });
    const { code, stdout } = await act('well', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ how: 'well', config: null, overrides: {}, width: null });
  });

  test('takes the settings from --config', async () => {
    const { stdout } = await act('well', '--json', '--config', '/tmp/c.json');
    expect(JSON.parse(stdout)).toMatchObject({ config: '/tmp/c.json', overrides: { config: '/tmp/c.json' } });
  });

  test('warns on stderr, with --json too', async () => {
    const { stdout, stderr } = await act('warn', '--json');
    expect(stderr).toBe('warning: the state was mended\n');
    expect(() => JSON.parse(stdout)).not.toThrow();
  });

  test('may end with an exit code and no error', async () => {
    expect(await act('leave')).toEqual({ code: 3, stdout: '', stderr: '' });
    expect(await act('leave', '--json')).toEqual({ code: 3, stdout: '', stderr: '' });
  });
});

describe('an error of a command', () => {
  afterEach(() => {
    delete process.env.DEBUG;
  });

  test('is told in three short lines on stderr, without a stack trace', async () => {
    expect(await act('refuse')).toEqual({
      code: 6,
      stdout: '',
      stderr:
        'error: The NIC eth0 carries the default route.\n  it would cut off the node\n  Try: enim act please --force\n',
    });
  });

  test('is a document on stdout with --json, and the exit code holds', async () => {
    const { code, stdout, stderr } = await act('refuse', '--json');
    expect({ code, stderr }).toEqual({ code: 6, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'UNSAFE',
        message: 'The NIC eth0 carries the default route.',
        details: ['it would cut off the node'],
        hint: 'enim act please --force',
        exitCode: 6,
      },
    });
  });

  test.each([['--debug'], ['DEBUG=1']])('shows its stack trace with %s', async (how) => {
    if (how === 'DEBUG=1') process.env.DEBUG = '1';
    const { stderr } = await act('refuse', ...(how === '--debug' ? [how] : []));
    expect(stderr).toMatch(/\n {4}at .*base\.test\.ts/);
  });

  test('that is a bug says so, and how to learn more', async () => {
    const { code, stderr } = await act('crash');
    expect(code).toBe(1);
    expect(stderr).toBe(
      'error: internal error: x is not a function\n  Try: run it again with --debug, and report what it prints\n',
    );
    const document = JSON.parse((await act('crash', '--json')).stdout) as { error: { code: string } };
    expect(document.error.code).toBe('INTERNAL');
  });
});

describe('wrong usage ends with exit code 2 and', () => {
  test('refuses settings without a path, as of a variable that is empty', async () => {
    const { code, stderr } = await act('well', '--config=');
    expect([code, stderr.split('\n')[0]]).toEqual([2, 'error: --config is "", which is no path.']);
  });

  test.each([
    ['an unknown flag', ['well', '--netn=x'], 'unknown flag --netn.\n  Did you mean --netns?'],
    ['an unknown flag like no other', ['well', '--zzzzzz'], 'unknown flag --zzzzzz.'],
    ['a missing argument', [], 'HOW is missing.\n  HOW: what to do'],
    ['a surplus argument', ['well', 'done'], 'unexpected argument "done".'],
    ['a flag without its value', ['well', '--netns'], 'Flag --netns expects a value.'],
    [
      'two flags of which only one is possible',
      ['well', '--netns=x', '--kind=big'],
      '--kind and --netns exclude each other.',
    ],
    ['a flag without the one that it belongs to', ['well', '--size=x'], '--size needs --kind.'],
    ['a value that is none of the options', ['well', '--kind=x'], '--kind is "x", which is none of: big, small.'],
  ])('names %s', async (_, argv, message) => {
    const { code, stdout, stderr } = await act(...argv);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: ${message}\n  Try: enim act --help\n`,
    });
  });

  test('is a document with --json', async () => {
    const { code, stdout } = await act('well', '--zzzzzz', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'INVALID_ARGUMENT', hint: 'enim act --help' } });
  });
});
