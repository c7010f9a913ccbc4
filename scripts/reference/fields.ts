/** The fields of a schema, one by one, for the tables of the reference. Pure. */
import type { Schema } from './schema.js';

/** A field, or an entry of a list or a record. */
export interface Field {
  /** `enis[].link.name`; `attachments.*` where the keys are whatever they are. */
  readonly path: string;
  readonly schema: Schema;
  readonly required: boolean;
}

/** All fields below a schema, in their order; those of a part that stands in itself once. */
export function fieldsOf(root: Schema): readonly Field[] {
  return below(root, root, '', []);
}

function below(root: Schema, schema: Schema, path: string, within: readonly string[]): Field[] {
  const { $ref } = schema;
  if ($ref !== undefined) {
    return within.includes($ref) ? [] : below(root, resolved(root, schema), path, [...within, $ref]);
  }
  const { properties = {}, required = [], items, additionalProperties, anyOf = [] } = schema;
  const named = Object.entries(properties).flatMap(([key, part]) => {
    const here = path === '' ? key : `${path}.${key}`;
    const field = { path: here, schema: described(root, part), required: required.includes(key) };
    return [field, ...below(root, part, here, within)];
  });
  const others = typeof additionalProperties === 'object' ? below(root, additionalProperties, `${path}.*`, within) : [];
  const entries = items === undefined ? [] : below(root, items, `${path}[]`, within);
  const choices = anyOf.flatMap((choice) => below(root, choice, path, within));
  return distinct([...named, ...others, ...entries, ...choices]);
}

/** Of several forms of one field the first one counts. */
function distinct(fields: readonly Field[]): Field[] {
  return fields.filter(({ path }, index) => fields.findIndex((each) => each.path === path) === index);
}

/** A part with what its type says of it, where it says nothing itself. */
function described(root: Schema, part: Schema): Schema {
  const own = { ...resolved(root, part), ...part };
  return own.description === undefined ? { ...own, ...(commentOf(root, part) ?? {}) } : own;
}

function commentOf(root: Schema, { anyOf = [] }: Schema): Pick<Schema, 'description'> | undefined {
  const described = anyOf.map((choice) => resolved(root, choice).description).filter((text) => text !== undefined);
  return described[0] === undefined ? undefined : { description: described[0] };
}

function resolved(root: Schema, part: Schema): Schema {
  const name = part.$ref?.replace('#/$defs/', '');
  if (name === undefined) return part;
  const found = root.$defs?.[decodeURIComponent(name)];
  if (found === undefined) throw new Error(`There is no definition ${name}.`);
  return resolved(root, found);
}

/** The type of a field in words: `text`, `number or null`, `list of objects`, `"free", "used"`. */
export function typeOf(root: Schema, part: Schema): string {
  const words = [...new Set(wordsOf(root, part))];
  return words.length === 0 ? 'anything' : words.join(' or ').replaceAll('"` or `"', '"`, `"');
}

const PLAIN: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'number',
  integer: 'whole number',
  boolean: '`true` or `false`',
  null: '`null`',
  object: 'object',
};

/** So many values are looked up in the schema. */
const MANY = 15;

function wordsOf(root: Schema, part: Schema): string[] {
  const schema = resolved(root, part);
  if (schema.enum !== undefined && schema.enum.length > MANY) return [`one of ${schema.enum.length} texts`];
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``);
  if ('const' in schema) return [`\`${JSON.stringify(schema.const)}\``];
  const types = schema.type === undefined ? [] : [schema.type].flat();
  const words = types.flatMap((type) => (type === 'array' ? listOf(root, schema.items) : (PLAIN[type] ?? type)));
  // A bound beside a type is no further type.
  const choices = types.length > 0 ? [] : (schema.anyOf ?? []).flatMap((choice) => wordsOf(root, choice));
  return [...words, ...choices];
}

const PLURAL: Readonly<Record<string, string>> = { text: 'texts', number: 'numbers', object: 'objects' };

function listOf(root: Schema, items: Schema = {}): string {
  const of = typeOf(root, items);
  return PLURAL[of] === undefined ? 'list' : `list of ${PLURAL[of]}`;
}
