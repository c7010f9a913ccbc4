/**
 * Secrets in a text that is no JSON: `KEY=VALUE`, YAML, headers, command lines, and pieces of JSON however often they are escaped. Each
 * line is gone through once, from its start to its end. Pure.
 */
import { endOfEnclosing, quoted, type Span } from './quotes.js';
import { isHeader, isSecret, lastWordOf, REDACTED } from './secrets.js';

const KEY = /(?<![\w.-])([\w.-]+)(\\*["'])?\s*(=>|[=:]{1,2})\s*/g;

/** Before a blank, or as a word of a list: `"--token", "X"`. */
const FLAG = /(?<![\w.-])--?([A-Za-z][\w.-]*)(?:\s+(?=[^\s-])|\\*["'`]\s*,?\s*(?=\\*["'`]))/g;

/** A flag that is all of its line, as in a list of YAML and in one of JSON that is laid out. */
const LONE_FLAG = /^\s*(?:-\s+)?\\*["'`]?--?([A-Za-z][\w.-]*)\\*["'`]?\s*,?\s*$/;

/** Where the next word of such a list begins, unless it is a flag again. */
const ITEM = /^\s*(?:-\s+(?=[^\s-])|(?=\\*["'`][^-]))/;

/** The text without the values of secret keys. */
export function redactAssignments(text: string): string {
  const lines = redactItems(text.split('\n'));
  const clean: string[] = [];
  let isNamed = false;
  for (let index = 0; index < lines.length; index += 1) {
    const line = redactKeys(lines[index] ?? '', isNamed);
    isNamed = line.isNamed;
    clean.push(redactFlags(line.text));
    if (line.below === null) continue;
    const end = endOfBlock(lines, index + 1, line.below);
    if (end > index + 1) clean.push(`${/^\s*/.exec(lines[index + 1] ?? '')?.[0]}${REDACTED}`);
    index = end - 1;
  }
  return clean.join('\n');
}

/** The lines without what is in the line after its flag. */
function redactItems(lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => {
    const flag = LONE_FLAG.exec(lines[index - 1] ?? '')?.[1];
    const from = ITEM.exec(line)?.[0].length;
    if (flag === undefined || from === undefined || !isSecret(flag)) return line;
    const span = quoted(line, from) ?? { from, to: line.length };
    return line.slice(0, span.from) + REDACTED + line.slice(span.to);
  });
}

/** A secret that goes on in the lines below. */
interface Below {
  /** Where its key begins: what belongs to it is indented deeper. */
  readonly column: number;
  /** Whether nothing of it is on the line of its key; it may then be a list that is not indented. */
  readonly isAll: boolean;
}

interface CleanLine {
  readonly text: string;
  readonly below: Below | null;
  /** Whether the last key was a `name` that says that the `value` of it is secret. */
  readonly isNamed: boolean;
}

function redactKeys(line: string, wasNamed: boolean): CleanLine {
  let below: Below | null = null;
  let isNamed = wasNamed;
  const text = replaceFrom(line, KEY, (found) => {
    const [whole, key = '', closing, separator = ''] = found;
    const at = found.index + whole.length;
    // `kube-system/token-controller: …` is a pod, and what is said of it.
    const asked = line[found.index - 1] === '/' && separator === ':' ? lastWordOf(key) : key;
    const isAsked = isSecret(asked) || (isNamed && key === 'value');
    isNamed = !isAsked && /^(?:name|key)$/i.test(key) && isSecret(wordAt(line, at));
    if (!isAsked) return undefined;
    const rest = line.slice(at, at + 20);
    // A block of YAML, or nothing.
    if (separator === ':' && /^(?:(?:[!&]\S*\s+)*[|>][-+\d]*)?\s*$/.test(rest) && at + rest.length === line.length) {
      below = { column: columnOf(line, found.index), isAll: rest === '' };
      return undefined;
    }
    const value = secretOf(line, found, closing === undefined);
    // What opens here and does not close goes on below.
    if (/^(?:\\*["']|[[{])/.test(rest) && value.to === line.length)
      below = { column: columnOf(line, found.index), isAll: false };
    return value;
  });
  return { text, below, isNamed };
}

function redactFlags(line: string): string {
  return replaceFrom(line, FLAG, ([whole, flag = ''], start) => {
    const at = start + whole.length;
    return isSecret(flag) ? (quoted(line, at) ?? { from: at, to: endOfWord(line, at) }) : undefined;
  });
}

/** Goes on behind each secret, and behind what was no key. */
function replaceFrom(
  line: string,
  pattern: RegExp,
  secretAt: (found: RegExpExecArray, start: number) => Span | undefined,
): string {
  const search = new RegExp(pattern);
  const clean: string[] = [];
  let done = 0;
  for (let found = search.exec(line); found !== null; found = search.exec(line)) {
    const span = secretAt(found, found.index);
    if (span === undefined || span.to <= span.from) continue;
    clean.push(line.slice(done, span.from), REDACTED);
    done = span.to;
    search.lastIndex = span.to;
  }
  return clean.join('') + line.slice(done);
}

/** @param isWithin whether the quotes before the key, if any, are around the value as well */
function secretOf(line: string, { 0: whole, 1: key = '', index }: RegExpExecArray, isWithin: boolean): Span {
  const from = index + whole.length;
  const closed = quoted(line, from);
  if (closed !== undefined) return closed;
  const goesOn = isHeader(key) || /^(?:\\*["']|[[{])/.test(line.slice(from, from + 64));
  const end = goesOn ? line.length : endOfWord(line, from);
  return { from, to: isWithin ? endOfEnclosing(line, index, { from, to: end }) : end };
}

/** A header's scheme, a tag of YAML or a key below the key is no secret by itself; what comes after it is one. */
function endOfWord(line: string, at: number): number {
  const word = /(?:(?:bearer|basic|digest|token|[!&]\S*|[\w.-]{1,100}[:=])\s+)?\S*/iy;
  word.lastIndex = at;
  return at + (word.exec(line)?.[0].length ?? 0);
}

/** Where in its line a key begins; of one in the middle of a line, where the line does. */
function columnOf(line: string, start: number): number {
  const before = line.slice(0, Math.min(start, 200));
  const indent = /^\s*(?:[-?]\s+)*/.exec(before)?.[0].length ?? 0;
  return /^["']?$/.test(before.slice(indent)) ? indent : (/^\s*/.exec(before)?.[0].length ?? 0);
}

/** The first line that is not below the key any more. */
function endOfBlock(lines: readonly string[], from: number, { column, isAll }: Below): number {
  let end = from;
  for (let index = from; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const indent = line.length - line.trimStart().length;
    if (indent === line.length) continue;
    const isItem = isAll && indent === column && line.startsWith('- ', indent);
    if (indent <= column && !isItem) break;
    end = index + 1;
  }
  return end;
}

function wordAt(line: string, at: number): string {
  return /^\\*["']?([\w.-]+)/.exec(line.slice(at, at + 200))?.[1] ?? '';
}
