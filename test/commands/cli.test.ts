import { describe, expect, test } from '@jest/globals';
import { EnimCommand } from '../../src/commands/base.js';
import type { CommandTable } from '../../src/commands/index.js';
import { PJSON, runEnim } from './run.js';

const loaded: string[] = [];

function command(id: string, summary: string): CommandTable {
  class Quiet extends EnimCommand {
    static override summary = summary;
    static override examples = [`<%= config.bin %> ${id.replaceAll(':', ' ')}`];

    async run(): Promise<object> {
      await this.parse(Quiet);
      loaded.push(id);
      return { id };
    }
  }
  return { [id]: async () => ({ default: Quiet }) };
}

const TABLE: CommandTable = {
  ...command('list', 'Show every ENI'),
  ...command('provider', 'Show the provider'),
  ...command('provider:list', 'Show what the provider knows'),
  ...command('provider:init', 'Write an inventory'),
  ...command('config:get', 'Print a setting'),
};

const enim = (...argv: string[]) => runEnim(argv, TABLE);

describe('help', () => {
  test.each([[[]], [['--help']], [['-h']], [['help']]])(
    'of the program for %j lists commands and topics',
    async (argv) => {
      const { code, stdout, stderr } = await enim(...argv);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/USAGE\n {2}\$ enim \[COMMAND\]/);
      expect(stdout).toMatch(/TOPICS\n {2}config +Read and change the settings/);
      expect(stdout).toMatch(/COMMANDS\n {2}list +Show every ENI/);
    },
  );

  test.each([[['list', '--help']], [['list', '-h']], [['help', 'list']]])('of a command for %j', async (argv) => {
    const { code, stdout } = await enim(...argv);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Show every ENI\n\nUSAGE\n {2}\$ enim list /);
    expect(stdout).toMatch(/EXAMPLES\n {2}\$ enim list\n/);
    expect(stdout).toMatch(/--config=PATH/);
  });

  test.each([[['config']], [['config', '--help']], [['help', 'config']]])('of a topic for %j', async (argv) => {
    const { code, stdout } = await enim(...argv);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\$ enim config COMMAND/);
    expect(stdout).toMatch(/config get +Print a setting/);
  });

  test('of a command that is a topic too names its subcommands', async () => {
    const { stdout } = await enim('provider', '--help');
    expect(stdout).toMatch(/^Show the provider\n/);
    expect(stdout).toMatch(/provider init +Write an inventory\n +provider list/);
  });
});

describe('the version', () => {
  const ask = (...argv: readonly string[]) => runEnim(argv, { version: () => import('../../src/commands/version.js') });

  test.each([['--version'], ['version']])('is printed for %s', async (word) => {
    const { code, stdout } = await ask(word);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^enim \d+\.\d+\.\d+\n {2}commit {3}unknown\n {2}runtime {2}Node\.js /);
  });

  test('is a document with --json, whichever way it is asked for', async () => {
    const { stdout } = await ask('--version', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ version: PJSON.version, commit: null, target: null });
    expect((await ask('version', '--json')).stdout).toBe(stdout);
  });

  test('takes no argument', async () => {
    const { code, stderr } = await ask('--version', 'list');
    expect(code).toBe(2);
    expect(stderr).toContain('unexpected argument "list"');
  });
});

describe('an unknown command ends with exit code 2 and', () => {
  test.each([
    [['lst'], 'unknown command "lst".\n  Did you mean list?\n  Try: enim --help'],
    [['lst', '--help'], 'unknown command "lst".\n  Did you mean list?\n  Try: enim --help'],
    [['provder', 'list'], 'unknown command "provder".\n  Did you mean provider?\n  Try: enim --help'],
    [
      ['provider', 'lst'],
      'unknown command "provider lst".\n  Did you mean provider list?\n  Try: enim provider --help',
    ],
    [['config', 'gt', 'x'], 'unknown command "config gt".\n  Did you mean config get?\n  Try: enim config --help'],
    [['quux'], 'unknown command "quux".\n  Try: enim --help'],
    [['--json2'], 'no command before --json2.\n  Flags come after the command: enim list --json\n  Try: enim --help'],
  ])('%j gets a suggestion', async (argv, message) => {
    expect(await enim(...argv)).toEqual({ code: 2, stdout: '', stderr: `error: ${message}\n` });
  });

  test('is a document with --json', async () => {
    const { code, stdout, stderr } = await enim('lst', '--json');
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ error: { exitCode: 2, details: ['Did you mean list?'] } });
  });
});

test('a subcommand is found by its words, and a surplus word is no subcommand', async () => {
  loaded.length = 0;
  expect((await enim('provider', 'list')).code).toBe(0);
  expect((await enim('provider')).code).toBe(0);
  expect(loaded).toEqual(['provider:list', 'provider']);
  expect((await enim('list', 'everything')).stderr).toMatch(/^error: unexpected argument "everything"/);
});
