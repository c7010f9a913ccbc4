import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fieldsOf } from '../../scripts/reference/fields.js';
import { running, verbatim } from '../../scripts/reference/roff.js';
import { schemaOf } from '../../scripts/reference/valibot.js';
import { SettingsFile } from '../../src/config/schema.js';
import { describeWith, programFault } from '../fabric/requirements.js';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = readdirSync(join(ROOT, 'man')).sort();

interface Flag {
  readonly char?: string;
  readonly description?: string;
  readonly hidden?: boolean;
}
interface Command {
  readonly summary: string;
  readonly hidden?: boolean;
  readonly examples?: readonly string[];
  readonly args: Readonly<Record<string, { readonly description?: string }>>;
  readonly flags: Readonly<Record<string, Flag>>;
}

const { commands } = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as {
  commands: Readonly<Record<string, Command>>;
};
const SHOWN = Object.entries(commands).filter(([, { hidden }]) => hidden !== true);

/** What a reader sees, on lines of any length. */
function seen(page: string): string {
  const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', MANWIDTH: '1000', MANPAGER: 'cat', MAN_KEEP_FORMATTING: '' };
  const { status, stdout, stderr } = spawnSync('man', ['-l', join(ROOT, 'man', page)], { env, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.replace(/ +/g, ' ');
}

it('there is a page of the program, of the settings, and of each command', () => {
  const names = SHOWN.map(([id]) => `enim-${id.replaceAll(':', '-')}.1`);
  expect(PAGES).toEqual(['enim.1', 'enim.5', ...names].sort());
});

describeWith('the man pages', [programFault('man'), programFault('groff')], () => {
  it.each(PAGES)('%s is read without a warning', (page) => {
    const groff = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z', join(ROOT, 'man', page)], { encoding: 'utf8' });
    expect({ status: groff.status, stderr: groff.stderr }).toEqual({ status: 0, stderr: '' });
    const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', MANWIDTH: '80', MANPAGER: 'cat' };
    const man = spawnSync('man', ['--warnings', '-l', join(ROOT, 'man', page)], { env, encoding: 'utf8' });
    expect({ status: man.status, stderr: man.stderr }).toEqual({ status: 0, stderr: '' });
  });

  it.each(SHOWN)(
    'that of %s has its summary, arguments, flags and examples',
    (id, { summary, args, flags, examples }) => {
      const text = seen(`enim-${id.replaceAll(':', '-')}.1`);
      expect(text).toContain(`enim ${id.replaceAll(':', ' ')}`);
      expect(text.toLowerCase()).toContain(summary.toLowerCase().replaceAll('`', ''));
      for (const [name, { description = '' }] of Object.entries(args)) {
        expect(text).toContain(name.toUpperCase());
        expect(text).toContain(description);
      }
      for (const [name, { char, description = '' }] of Object.entries(flags)) {
        expect(text).toMatch(new RegExp(`^ ${char === undefined ? '' : `-${char}, `}--${name}\\b`, 'm'));
        expect(text).toContain(description);
      }
      for (const example of examples ?? []) {
        const typed = example.replaceAll('<%= config.bin %>', 'enim').replace(/^\$ /, '');
        expect(text).toContain(typed.replace(/ +/g, ' '));
      }
    },
  );

  describe('the two of all', () => {
    let program: string;
    let settings: string;

    beforeAll(() => {
      [program, settings] = [seen('enim.1'), seen('enim.5')];
    });

    it('have every command, exit code and key', () => {
      for (const [id, { summary }] of SHOWN) {
        expect(program).toContain(`enim-${id.replaceAll(':', '-')}(1)`);
        expect(program).toContain(summary);
      }
      for (const exit of [0, 1, 2, 3, 4, 5, 6]) expect(program).toMatch(new RegExp(`^ ${exit} \\w`, 'm'));
      for (const { path } of fieldsOf(schemaOf(SettingsFile))) expect(settings).toContain(`\n ${path}`);
    });
  });

  it('show any text as it is', () => {
    const text = fc.string({ unit: fc.constantFrom(...'a.\'-\\"^~ ’→{}$fB(%'), minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        text.filter((each) => each.trim() !== ''),
        (each) => {
          const source = ['.TH X 1', '.SH S', verbatim([each]), '.PP', running(each)].join('\n');
          const options = ['-man', '-Tutf8', '-Kutf8', '-ww', '-P-cbou', '-rLL=1000n'];
          const { stdout, stderr } = spawnSync('groff', options, { input: `${source}\n`, encoding: 'utf8' });
          expect(stderr).toBe('');
          const words = each.trim().replace(/ +/g, ' ');
          const lines = stdout.split('\n').map((line) => line.trim().replace(/ +/g, ' '));
          expect(lines.filter((line) => line === words).length).toBeGreaterThanOrEqual(2);
        },
      ),
      { numRuns: 100 },
    );
  });
});
