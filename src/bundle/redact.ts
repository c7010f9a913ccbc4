/**
 * Takes secrets out of what goes into a bundle: values whose key says that they are secret, and texts that look like credentials
 * wherever they stand. What is taken out leaves a mark, so that nobody takes it for what was there. Pure.
 */
import { redactAssignments } from './assignments.js';
import { isSecret, REDACTED, redactShapes } from './secrets.js';

export { REDACTED } from './secrets.js';

/** Files with documents that enim makes. Their keys are known, or names that people chose: a network may be called `secret-net`. */
const OWN = /^(?:state|kernel)\/|^(?:provider|host|doctor|node|versions)\.json$/;

/** Fields of theirs that have what people and other programs wrote. */
const FREE_TEXTS = ['reason', 'note', 'message', 'details', 'evidence', 'consequence', 'mend', 'command', 'texts'];

/** The text of a file of a bundle without secrets. */
export function redactFile(name: string, content: string): string {
  return OWN.test(name) && parseJson(content) !== undefined ? redactJson(content, redactOwn) : redact(content);
}

/** The text without secrets. JSON stays JSON: its values are looked at one by one. */
export function redact(content: string): string {
  return parseJson(content) === undefined ? redactText(content) : redactJson(content, redactValue);
}

function redactJson(content: string, clean: (value: unknown) => unknown): string {
  const json = parseJson(content);
  const cleaned = clean(json);
  // What has no secrets stays as it is, to the byte.
  if (JSON.stringify(cleaned) === JSON.stringify(json)) return content;
  return `${JSON.stringify(cleaned, null, content.trimEnd().includes('\n') ? 2 : 0)}\n`;
}

/** A value without secrets; its shape stays. */
export function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value))
    return value.map((each, index) => (isFlag(value[index - 1]) ? blot(each) : redactValue(each)));
  if (typeof value !== 'object' || value === null) return value;
  const { name, key: named, kind } = value as Readonly<Record<string, unknown>>;
  const isNamed = [name, named].some((each) => typeof each === 'string' && isSecret(each));
  const hidden = [...(isNamed ? ['value'] : []), ...(kind === 'Secret' ? ['data', 'stringData'] : [])];
  return mapValues(value, (each, key) => (isSecret(key) || hidden.includes(key) ? blot(each) : redactValue(each)));
}

/** The same of a document of enim's own. */
function redactOwn(value: unknown): unknown {
  if (typeof value === 'string') return redactShapes(value);
  if (Array.isArray(value)) return value.map(redactOwn);
  if (typeof value !== 'object' || value === null) return value;
  return mapValues(value, (each, key) => (FREE_TEXTS.includes(key) ? redactFree(each) : redactOwn(each)));
}

function redactFree(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  return Array.isArray(value) ? value.map(redactFree) : redactOwn(value);
}

/** Lines of JSON, as a log has them, also behind what a journal puts before them, are taken as JSON. */
function redactText(text: string): string {
  const parts: string[] = [];
  let plain: string[] = [];
  const flush = (): void => {
    if (plain.length > 0) parts.push(redactPlain(plain.join('\n')));
    plain = [];
  };
  for (const line of text.split('\n')) {
    const clean = redactLine(line);
    if (clean === undefined) plain.push(line);
    else {
      flush();
      parts.push(clean);
    }
  }
  flush();
  return parts.join('\n');
}

/** Undefined if there is no JSON in it. */
function redactLine(line: string): string | undefined {
  const start = line.indexOf('{');
  const json = start < 0 ? undefined : parseJson(line.slice(start));
  if (json === undefined) return undefined;
  const before = line.slice(0, start);
  const clean = JSON.stringify(redactValue(json));
  // What is before it may say that all of it is secret.
  if (redactPlain(`${before}x`) !== `${redactPlain(before)}x`) return undefined;
  return redactPlain(before) + (clean === JSON.stringify(json) ? line.slice(start) : clean);
}

function redactPlain(text: string): string {
  return redactAssignments(redactShapes(text));
}

function isFlag(value: unknown): boolean {
  return typeof value === 'string' && /^--?[A-Za-z][\w.-]*$/.test(value) && isSecret(value);
}

/** Below a secret key every text and every number is secret. */
function blot(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(blot);
  if (typeof value === 'object' && value !== null) return mapValues(value, blot);
  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? REDACTED : value;
}

function mapValues(value: object, map: (value: unknown, key: string) => unknown): unknown {
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, map(each, key)]));
}

/** Nothing that is nested so deeply was written by anybody; undefined then too. */
const DEEPEST = 500;

function parseJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return isDeeper(json, DEEPEST) ? undefined : json;
  } catch {
    return undefined;
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}
