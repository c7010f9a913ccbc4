/** What `enim doctor` tells a person. */
import type { ChalkInstance } from 'chalk';
import type { Finding, Level } from '../manager/doctor/finding.js';
import type { Fixed } from '../manager/doctor/fix.js';
import { folded, foldWords } from './fold.js';
import { plural } from './plural.js';
import { visible } from './visible.js';

interface DiagnosisOptions {
  /** Columns of the terminal; null when piped. */
  readonly width: number | null;
  readonly style: ChalkInstance;
}

const MARKS = { ok: '✔ ok', warning: '! warning', problem: '✘ problem' } as const satisfies Record<Level, string>;

/** Below this many columns a folded text is harder to read than one that the terminal folds. */
const NARROWEST = 20;

const LEVELS: readonly Level[] = ['problem', 'warning', 'ok'];

/** The count, then a line a finding, the worst first, and for what is not in order what comes of it and how to mend it. */
export function renderDiagnosis(
  findings: readonly Finding[],
  fixed: readonly Fixed[],
  { width, style }: DiagnosisOptions,
): string {
  const colours = { ok: style.green, warning: style.yellow, problem: style.red };
  const marks = Math.max(...Object.values(MARKS).map((mark) => mark.length)) + 2;
  const names = Math.max(0, ...findings.map(({ check }) => check.length)) + 2;
  const indent = ' '.repeat(marks + names);
  const room = width === null || width - indent.length < NARROWEST ? Number.POSITIVE_INFINITY : width - indent.length;
  const block = (text: string): string => foldWords(visible(text), room).replaceAll('\n', `\n${indent}`);
  const worstFirst = [...findings].sort((one, other) => LEVELS.indexOf(one.level) - LEVELS.indexOf(other.level));
  const lines = worstFirst.flatMap(({ check, level, subject, evidence, consequence, mend }) => [
    colours[level](MARKS[level].padEnd(marks)) + check.padEnd(names) + block(`${subject}: ${evidence}`),
    ...(consequence === null ? [] : [indent + block(`consequence: ${consequence}`)]),
    ...(mend === null ? [] : [`${indent}mend: ${visible(mend)}`]),
  ]);
  return folded([conclusion(findings), ...fixed.map(renderFixed), ...lines].join('\n'), width);
}

function renderFixed({ subject, done, error }: Fixed): string {
  return visible(error === null ? `Fixed: ${subject}: ${done}` : `Not fixed: ${subject}: ${error}`);
}

function conclusion(findings: readonly Finding[]): string {
  const count = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  const counted = [
    problems === 0 ? 'no problems' : plural(problems, 'problem'),
    ...(warnings === 0 ? [] : [plural(warnings, 'warning')]),
  ].join(', ');
  const isFixable = findings.some(({ fixable }) => fixable);
  return isFixable ? `${counted}; some can be mended by: enim doctor --fix` : counted;
}
