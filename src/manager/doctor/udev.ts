/** udev rules that give NICs other names. */
import { type Finding, inOrder, warning } from './finding.js';
import type { Patient } from './patient.js';

/** Where udev looks; a file in an earlier one hides its namesakes in the later ones. */
const DIRECTORIES = ['/etc/udev/rules.d', '/run/udev/rules.d', '/usr/lib/udev/rules.d', '/lib/udev/rules.d'];

/** What is known of the ENIs, to tell rules that mean them from rules that do not. */
export interface KnownNics {
  readonly macs: readonly string[];
  /** Kernel drivers of those that are home. */
  readonly drivers: readonly string[];
}

/** @param nics undefined if they are not known: then every rule may mean them */
export function checkUdev({ host }: Patient, nics: KnownNics | undefined): readonly Finding[] {
  if (nics?.macs.length === 0) return [inOrder('udev', 'rules', 'no ENI is known that one could rename')];
  const files = new Map<string, string>();
  for (const directory of DIRECTORIES) {
    for (const name of host.list(directory).filter((each) => each.endsWith('.rules')))
      if (!files.has(name)) files.set(name, `${directory}/${name}`);
  }
  const found = [...files.values()].flatMap((path) =>
    renamingLines(host.read(path) ?? '', nics).map((line) =>
      warning('udev', `${path}:${line}`, {
        evidence: 'a rule that gives NICs another name',
        consequence:
          'a NIC that is plugged in gets that name a moment later, and one that comes home an alternative name',
        mend: `${'$'}{EDITOR:-vi} +${line} ${path} && udevadm control --reload`,
      }),
    ),
  );
  return found.length > 0 ? found : [inOrder('udev', 'rules', 'none gives the NICs of ENIs other names')];
}

/** Numbers of the lines on which rules start that may rename one of the NICs. Pure. */
export function renamingLines(text: string, nics: KnownNics | undefined): number[] {
  const lines = text.split('\n');
  const found: number[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const start = index;
    let rule = lines[index] ?? '';
    while (rule.endsWith('\\') && index + 1 < lines.length) {
      index += 1;
      rule = rule.slice(0, -1) + (lines[index] ?? '');
    }
    if (!rule.trimStart().startsWith('#') && renames(rule, nics)) found.push(start + 1);
  }
  return found;
}

function renames(rule: string, nics: KnownNics | undefined): boolean {
  if (!/(^|[\s,])SUBSYSTEM\s*==\s*"net"/.test(rule) || !/(^|[\s,])NAME\s*:?=\s*"/.test(rule)) return false;
  // An ENI is on no USB.
  if (wanted(rule, 'SUBSYSTEMS?')?.includes('usb')) return false;
  if (nics === undefined) return true;
  const { macs, drivers } = nics;
  const mac = wanted(rule, 'ATTRS?\\{address\\}');
  if (mac !== undefined && !macs.some((each) => fits(each, mac.toLowerCase()))) return false;
  const driver = wanted(rule, 'DRIVERS?');
  return driver === undefined || drivers.length === 0 || drivers.some((each) => fits(each, driver));
}

/** What a rule wants a key to be; the last, if it says so several times. */
function wanted(rule: string, key: string): string | undefined {
  const match = [...rule.matchAll(new RegExp(`(?:^|[\\s,])${key}\\s*==\\s*"([^"]*)"`, 'g'))].at(-1);
  return match?.[1];
}

/** udev's patterns: `*`, `?`, `[…]`, and several with `|` between them. */
function fits(text: string, patterns: string): boolean {
  return patterns.split('|').some((pattern) => {
    const source = pattern
      .replaceAll(/[.+^${}()\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    try {
      return new RegExp(`^${source}$`).test(text);
    } catch {
      return true;
    }
  });
}
