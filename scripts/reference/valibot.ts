/** The shapes that the program checks by valibot, as JSON Schemas, and with what the reference says of each key. Pure. */
import { toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';
import { type Telling, TOLD } from '../../src/config/fields.js';
import type { Schema } from './schema.js';

/** What a file may hold: transformations do not count, and checks by functions only as far as `about` puts them into words. */
export function schemaOf(shape: GenericSchema): Schema {
  const { $schema: _, ...schema } = toJsonSchema(shape, { target: 'draft-2020-12', errorMode: 'ignore' });
  return mapped(schema as object as Schema, (each) => {
    const { required = [], ...rest } = { ...each, ...toldOf(each).schema };
    const open = rest.properties === undefined || 'additionalProperties' in rest ? {} : { additionalProperties: true };
    return { ...rest, ...open, ...(required.length === 0 ? {} : { required }) };
  });
}

/** What `about` told of a key. */
export function toldOf(schema: Schema): Telling {
  return (schema[TOLD] ?? {}) as Telling;
}

/** The same schema without what is for the reference alone. */
export function publish(schema: Schema): Schema {
  return mapped(schema, ({ [TOLD]: _, ...rest }) => rest);
}

/** A schema with all its parts changed. */
function mapped(schema: Schema, change: (part: Schema) => Schema): Schema {
  const { properties, items, anyOf, ...rest } = change(schema);
  const each = (part: Schema): Schema => mapped(part, change);
  return {
    ...rest,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, part]) => [key, each(part)])),
    }),
    ...(items && { items: each(items) }),
    ...(anyOf && { anyOf: anyOf.map(each) }),
  };
}
