import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { yaml } from '../../src/render/yaml.js';

it('YAML has plain keys and values, and says null', async () => {
  expect(await yaml({ enis: [{ id: 'eni-a', link: null, up: true }] })).toBe(
    'enis:\n  - id: eni-a\n    link: null\n    up: true',
  );
});

it.each(['10:20:30:40:50:59', 'no', 'on', '0x1f', '1e3', '~', '2026-11-24', '', '012', ' x'])(
  'YAML quotes the text %j, which would be something else',
  async (text) => {
    const [line = ''] = (await yaml({ text })).split('\n');
    expect(line).toMatch(/^text: ["']/);
  },
);

it('YAML says the same as the JSON that it is made from', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const document = JSON.parse(JSON.stringify({ value })) as unknown;
      expect(parse(await yaml(document), { version: '1.1' })).toEqual(document);
    }),
  );
});
