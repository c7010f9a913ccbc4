/** The published schemas, as a program would use them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

const DIRECTORY = join(import.meta.dirname, '../../docs/reference/schemas');

/** The names of all schemas. */
export const SCHEMAS: readonly string[] = readdirSync(DIRECTORY)
  .map((file) => file.replace('.schema.json', ''))
  .sort();

/** A schema as it is published. */
export function readSchema(name: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(join(DIRECTORY, `${name}.schema.json`), 'utf8')) as Record<string, unknown>;
}

const validators = new Map<string, ValidateFunction>();

function validatorOf(name: string): ValidateFunction {
  const known = validators.get(name);
  if (known !== undefined) return known;
  // A keyword that ajv does not know, or one that can have no effect, is an error of the schema.
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
  const validate = ajv.compile(readSchema(name));
  validators.set(name, validate);
  return validate;
}

/** What is wrong with a document by a schema, a line each. */
export function faultsOf(name: string, document: unknown): readonly string[] {
  const validate = validatorOf(name);
  if (validate(document)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    return `${instancePath || 'the document'} ${message}: ${JSON.stringify(params)}`;
  });
}

/** Demands that a document is as its schema says. */
export function expectFits(name: string, document: unknown): void {
  expect({ name, faults: faultsOf(name, document), document }).toEqual({ name, faults: [], document });
}
