/** Making prose as narrow as the terminal: lines are broken between words, and commands so that they can still be pasted. Pure. */
import { displayWidth } from './narrow.js';

/** Breaks a text between its words into lines of at most `room` columns. */
export function foldWords(text: string, room: number): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && displayWidth(line) + 1 + displayWidth(word) <= room)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}

/**
 * Breaks each line that is wider than the terminal between its words; what follows is indented. A command of enim stays in one line
 * if that is wide enough for it, else it is broken as a shell takes it. No word is ever broken.
 *
 * @param width columns of the terminal; null folds nothing
 */
export function folded(text: string, width: number | null): string {
  if (width === null) return text;
  return text
    .split('\n')
    .map((line) => (displayWidth(line) <= width ? line : foldLine(line, width)))
    .join('\n');
}

/** What follows the first line of a paragraph begins so much further right. */
const INDENT = 4;

/** What is not broken, with the space behind it. */
interface Unit {
  readonly text: string;
  /** Written at the end of a line that is broken behind it. */
  readonly joint: string;
}

function foldLine(line: string, width: number): string {
  const start = /^ */.exec(line)?.[0] ?? '';
  const room = width - start.length - INDENT;
  const lines: string[] = [];
  let current = start;
  let joint = '';
  for (const unit of unitsOf(line.slice(start.length), room)) {
    const taken = displayWidth(current + unit.text.trimEnd()) + unit.joint.length;
    if (taken > width && current.trim() === '') current = indentFor(unit, start.length, width);
    else if (taken > width) {
      lines.push(current.trimEnd() + joint);
      current = indentFor(unit, start.length + INDENT, width);
    }
    current += unit.text;
    joint = unit.joint;
  }
  return [...lines, current.trimEnd()].join('\n');
}

/** A word that needs the whole line gets it. */
function indentFor({ text, joint }: Unit, indent: number, width: number): string {
  return ' '.repeat(Math.max(0, Math.min(indent, width - displayWidth(text.trimEnd()) - joint.length)));
}

/** One of ours, to the end of that part of the sentence; and all that is said to mend something, without the remark behind it. */
const COMMAND = /(?<=mend: )[^#]+|(?<=^|^\$ |: )enim (?:[^;,]|[;,](?! |$))*[;,]? */g;

function unitsOf(text: string, room: number): Unit[] {
  const units: Unit[] = [];
  const prose = (part: string): void => {
    for (const word of part.match(/(?:# )?\S+\s*/g) ?? []) units.push({ text: word, joint: '' });
  };
  let end = 0;
  for (const { 0: command, index } of text.matchAll(COMMAND)) {
    prose(text.slice(end, index));
    end = index + command.length;
    if (displayWidth(command.trimEnd()) <= room) units.push({ text: command, joint: '' });
    else {
      const words = command.match(/(?:'[^']*'|"[^"]*"|\S)+\s*/g) ?? [];
      units.push(...words.map((word, at) => ({ text: word, joint: at < words.length - 1 ? ' \\' : '' })));
    }
  }
  prose(text.slice(end));
  return units;
}
