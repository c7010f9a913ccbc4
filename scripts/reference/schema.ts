/** JSON Schemas, as far as this reference needs them: draft 2020-12, and every object closed unless it says that it is open. Pure. */

/** A schema, or a part of one. */
export interface Schema {
  readonly [keyword: string]: unknown;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
}

/** What a schema is called and is for. */
export interface Heading {
  /** As in its file name. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
}

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

/** The file of a schema, below `docs/reference/schemas`. */
export function schemaFile(name: string): string {
  return `${name}.schema.json`;
}

/** The whole document of a schema: `body` says of what shape it is. */
export function documentOf({ name, title, description }: Heading, body: Schema): Schema {
  const { $schema: _, description: ofType, ...rest } = closed(body);
  const told = [description, ofType].filter((text) => text !== undefined && text !== '').join('\n\n');
  return { $schema: DRAFT, $id: `urn:enim:schema:${name}`, title, description: told, ...rest };
}

/** The same in the words of draft 2020-12, with no object open by mistake. */
function closed(schema: Schema): Schema {
  const entries = Object.entries(schema).flatMap(([key, value]) => {
    if (key === 'definitions' || key === '$defs') {
      const parts = Object.entries(value as Record<string, Schema>).sort(([a], [b]) => a.localeCompare(b, 'en'));
      return parts.length === 0 ? [] : [['$defs', eachOf(Object.fromEntries(parts))]];
    }
    if (key === '$ref') return [[key, (value as string).replace('#/definitions/', '#/$defs/')]];
    if (key === 'properties') return [[key, eachOf(value as Record<string, Schema>)]];
    if (key === 'anyOf' || key === 'oneOf' || key === 'allOf') return [[key, (value as Schema[]).map(closed)]];
    const isSchema = key === 'items' || key === 'additionalProperties' || key === 'not';
    return [[key, isSchema && typeof value === 'object' ? closed(value as Schema) : value]];
  });
  const whole = Object.fromEntries(entries) as Schema;
  return whole.properties === undefined || 'additionalProperties' in whole
    ? whole
    : { ...whole, additionalProperties: false };
}

function eachOf(schemas: Readonly<Record<string, Schema>>): Record<string, Schema> {
  return Object.fromEntries(Object.entries(schemas).map(([key, each]) => [key, closed(each)]));
}
