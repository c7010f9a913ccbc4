import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CODES } from '../../src/model/errors.js';
import { faultsOf, readSchema, SCHEMAS } from './schemas.js';

interface Part {
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, Part>>;
  readonly additionalProperties?: unknown;
}

/** Their keys are also other plugins', or what somebody has chosen. */
const OPEN = ['network-configuration', 'conflist'];

/** Every part of a schema that describes an object with keys. */
function objectsIn(part: unknown): Part[] {
  if (typeof part !== 'object' || part === null) return [];
  const inner = Object.values(part).flatMap(objectsIn);
  return (part as Part).properties === undefined || (part as Part).type !== 'object' ? inner : [part as Part, ...inner];
}

describe.each(SCHEMAS)('the schema %s', (name) => {
  it('is one of draft 2020-12 that a strict validator takes', () => {
    expect(() => faultsOf(name, null)).not.toThrow();
    const { $schema, $id, title, description } = readSchema(name);
    expect({ $schema, $id }).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `urn:enim:schema:${name}`,
    });
    for (const text of [title, description]) expect(text).toEqual(expect.stringMatching(/\w/));
  });

  it('has no object to which a key could be added unseen', () => {
    if (OPEN.includes(name)) return;
    for (const part of objectsIn(readSchema(name))) expect(part).toMatchObject({ additionalProperties: false });
  });
});

it('every command that prints a document has a schema', () => {
  const file = readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8');
  const { commands } = JSON.parse(file) as { commands: Record<string, { id: string; flags: object }> };
  const withJson = Object.values(commands).filter((command) => 'json' in command.flags);
  const names = withJson.map(({ id }) => id.replaceAll(':', '-'));
  // Of these one is for scripts of ours alone, and the other is what a runtime calls, and prints nothing of its own.
  expect(names.filter((name) => !SCHEMAS.includes(name)).sort()).toEqual(['cni', 'complete']);
});

it('the schema of errors has every code, and no other', () => {
  const error = readSchema('error') as {
    properties: { error: { properties: { code: { $ref?: string; enum?: [] } } } };
  };
  const document = (code: string) => ({ error: { code, message: 'm', details: [], hint: null, exitCode: 1 } });
  expect(error.properties.error.properties.code).toBeDefined();
  for (const code of [...Object.keys(CODES), 'INTERNAL']) expect(faultsOf('error', document(code))).toEqual([]);
  expect(faultsOf('error', document('OTHER'))).not.toEqual([]);
});
