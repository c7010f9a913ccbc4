import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { createManifest } from '../../scripts/manifest.js';
import { COMMANDS } from '../../src/commands/index.js';
import { PJSON } from './run.js';

test('oclif.manifest.json fits the commands (else: npm run build)', async () => {
  const file: unknown = JSON.parse(readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8'));
  expect(file).toEqual(await createManifest(PJSON, COMMANDS));
});

test('every command has a summary, and examples that start with the name of the program', async () => {
  const { commands } = await createManifest(PJSON, COMMANDS);
  for (const [id, { summary, examples = [] }] of Object.entries(commands)) {
    expect({ id, summary }).toEqual({ id, summary: expect.stringMatching(/^[A-Z].*[^.]$/s) });
    expect({ id, examples: examples.length }).not.toEqual({ id, examples: 0 });
    for (const example of examples) expect(example).toEqual(expect.stringContaining('<%= config.bin %>'));
  }
});

test('no command takes what is on standard input for an argument: a script may be read from there', async () => {
  for (const [id, load] of Object.entries(COMMANDS)) {
    const args = Object.values((await load()).default.args);
    expect({ id, args: args.filter(({ ignoreStdin }) => !ignoreStdin) }).toEqual({ id, args: [] });
  }
});

/** Of these each command says what of its own is meant: what it overrides, or which part of the node it is about. */
const OF_EACH_COMMAND = ['force', 'netns', 'container-id', 'ifname', 'network', 'grace', 'reason'];

test('a flag is the same in every command that has it, and so is its letter', async () => {
  const { commands } = await createManifest(PJSON, COMMANDS);
  const known = new Map<string, object>();
  for (const { flags } of Object.values(commands)) {
    for (const flag of Object.values(flags)) {
      const { name, char, type, description } = flag;
      const value = flag.type === 'option' ? flag.helpValue : undefined;
      const shown = OF_EACH_COMMAND.includes(name) ? {} : { value, description };
      const meaning = { name, char, type, multiple: flag.type === 'option' && flag.multiple === true, ...shown };
      for (const key of [`--${name}`, ...(char === undefined ? [] : [`-${char}`])]) {
        expect(known.get(key) ?? meaning).toEqual(meaning);
        known.set(key, meaning);
      }
    }
  }
  expect(known.get('-y')).toBe(known.get('--yes'));
});
