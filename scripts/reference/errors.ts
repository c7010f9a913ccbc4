/** The page of error codes: causes and cures are written there by hand, exit codes and numbers are the code's. */
import { failureDocument } from '../../src/cni/failure.js';
import { failureOf } from '../../src/commands/failure.js';
import { CODES } from '../../src/model/errors.js';
import { table } from './markdown.js';

/** A row with its code, exit code and number; causes and cures follow. */
const ROW = /^\| `(\w+)`( +)\| \d+ +\| \d+ +\|/gm;

const BY_NUMBER = /(## By the number of the CNI plugin\n\n)(\|.*\n)+/;

/**
 * The page with what the code says.
 *
 * @param page as it is
 * @throws Error if a code has no row, or a row no code
 */
export function errorsPage(page: string): string {
  const codes = allCodes();
  const told: string[] = [];
  const rows = page.replaceAll(ROW, (_, code: string, space: string) => {
    const known = codes[code];
    if (known === undefined) throw new Error(`docs/errors.md has a row for ${code}, which is no error code.`);
    told.push(code);
    return `| \`${code}\`${space}| ${String(known.exit).padEnd(4)} | ${String(known.cni).padEnd(3)} |`;
  });
  const untold = Object.keys(codes).filter((code) => !told.includes(code));
  if (untold.length > 0) throw new Error(`docs/errors.md needs rows, with cause and cure, for ${untold.join(', ')}.`);
  const numbers = [...new Set(told.map((code) => codes[code]?.cni ?? 0))].sort((a, b) => a - b);
  const byNumber = numbers.map((cni) => [
    String(cni),
    told.flatMap((code) => (codes[code]?.cni === cni ? [`\`${code}\``] : [])).join(' '),
  ]);
  return rows.replace(BY_NUMBER, (_, title: string) => `${title}${table(['code', 'error codes'], byNumber)}\n`);
}

/** Those of the model, and what a bug ends with. */
function allCodes(): Readonly<Record<string, { readonly exit: number; readonly cni: number }>> {
  const bug = new TypeError('x is undefined');
  const { code, exitCode } = failureOf(bug);
  return { ...CODES, [code]: { exit: exitCode, cni: failureDocument(bug, null, null).code } };
}
