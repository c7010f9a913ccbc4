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
