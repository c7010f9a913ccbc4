import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { expectFits, SCHEMAS } from './schemas.js';

const DIRECTORY = join(import.meta.dirname, '../../docs/reference/examples');

it('there is an example of each schema, and no other', () => {
  expect(
    readdirSync(DIRECTORY)
      .map((file) => file.replace('.json', ''))
      .sort(),
  ).toEqual(SCHEMAS);
});

it.each(SCHEMAS)('the example of %s fits its schema', (name) => {
  expectFits(name, JSON.parse(readFileSync(join(DIRECTORY, `${name}.json`), 'utf8')));
});
