/** The page of all JSON documents: what each is, its fields, and one of a real run. Pure. */
import type { Document } from './documents.js';
import { fieldsOf, typeOf } from './fields.js';
import { code, compact, MADE, table } from './markdown.js';
import { type Schema, schemaFile } from './schema.js';

const INTRODUCTION = `With \`--json\` standard output has one document and nothing else; warnings go to standard error. A command that fails
prints an [error](#error) instead, and ends with its exit code. Some end with 1 although they print their own document, for that is what
was asked: \`enim doctor\`, \`enim drain\`, \`enim provider\`.

Each document has a JSON Schema (draft 2020-12) in [schemas](schemas). They are made from the types that the program is compiled with, and
all documents that the tests see are held against them. Fields may be added; none is removed or renamed without a word in the changelog.
So a schema says all that a version prints, and a program that reads the documents should ignore what it does not know.

Times are ISO 8601 in UTC, MACs have small letters and colons. What is not there is \`null\`, not left out.`;

export function jsonPage(documents: readonly Document[], examples: Readonly<Record<string, unknown>>): string {
  const index = documents.map(({ name, title }) => [`[${code(name)}](#${name})`, titled(title)]);
  const sections = documents.map((each) => sectionOf(each, examples[each.name]));
  return `${['# JSON', MADE, INTRODUCTION, table(['document', 'what it is'], index), ...sections].join('\n\n')}\n`;
}

function sectionOf({ name, title, description, schema }: Document, example: unknown): string {
  const fields = fieldsTable(schema);
  return [
    `## ${name}`,
    `${titled(title)}: ${description} Schema: [${schemaFile(name)}](schemas/${schemaFile(name)}).`,
    ...(fields === null ? [] : [fields]),
    // A new document has none yet, and needs its schema for the run that gives it one.
    ...(example === undefined ? [] : [`\`\`\`json\n${compact(shortened(example))}\n\`\`\``]),
  ].join('\n\n');
}

/** Calls in it as code. */
function titled(title: string): string {
  return title.replace(/enim .*--json|--json|\w+\.log/, (call) => code(call));
}

/** What has no comment is told by its name, unless it stands at the top. */
function fieldsTable(schema: Schema): string | null {
  const rows = fieldsOf(schema)
    .filter(({ path, schema: part }) => part.description !== undefined || !/[.[]/.test(path))
    .map(({ path, schema: part, required }) => {
      return [code(path), `${typeOf(schema, part)}${required ? '' : ', may be absent'}`, oneLine(part.description)];
    });
  return rows.length === 0 ? null : table(['field', 'type', 'meaning'], rows);
}

function oneLine(text = ''): string {
  return text.replace(/\s*\n\s*/g, ' ');
}

/** Texts of many lines, and what an example has more than three of, say no more in full. */
function shortened(value: unknown): unknown {
  if (typeof value === 'string') return value.length > 300 ? `${value.slice(0, 60)}…` : value;
  if (Array.isArray(value)) return value.slice(0, 3).map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shortened(each)]));
}
