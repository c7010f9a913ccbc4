/**
 * JSON of objects that are read, changed and written back whole. A number that a double cannot hold (the API has 64-bit integers)
 * must come back as it was, so it is kept as its text. Pure.
 */

/** The part of the language that the compiler does not know yet. */
interface Raw {
  rawJSON(text: string): unknown;
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Reads JSON. */
export function parseJson(text: string): unknown {
  // Only where there is one at all: asking for every value takes its time.
  return /[0-9]{16}/.test(text)
    ? JSON.parse(text, keepText as (key: string, value: unknown) => unknown)
    : JSON.parse(text);
}

/** The object or array that a text is in JSON; undefined if it is none. */
export function findDocument(text: string): object | undefined {
  try {
    const document = parseJson(text);
    return typeof document === 'object' && document !== null ? document : undefined;
  } catch {
    return undefined;
  }
}

const keepText: Reviver = (_key, value, { source }) => {
  if (typeof value !== 'number' || source === undefined || Number.isSafeInteger(value)) return value;
  return /^-?[0-9]+$/.test(source) ? (JSON as unknown as Raw).rawJSON(source) : value;
};
