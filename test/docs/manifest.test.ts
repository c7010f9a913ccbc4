import { expect, it } from '@jest/globals';
import { textOf } from './pages.js';
import { type Manifest, type Shown, shownIn } from './usage.js';

const COMMANDS = shownIn(JSON.parse(textOf('oclif.manifest.json')) as Manifest);
const PAGE = textOf('docs/commands.md');
const OF_ALL = new Set(['--json', '--config', '--debug']);

/** The text below a heading, up to the next one. */
function section(heading: string): string | undefined {
  return PAGE.split(/^(?=##)/m)
    .find((part) => part.startsWith(`${heading}\n`))
    ?.slice(heading.length);
}

/** The flags of a section's table, spelled as there, with their defaults. */
function flagsIn(text: string): { readonly spelling: string; readonly fallback: string }[] {
  return [...text.matchAll(/^\| `((?:-\w, )?--[\w-]+)[^`]*` +\| (?:`([^`]*)`)?/gm)].map(
    ([, spelling = '', fallback = '']) => ({ spelling, fallback }),
  );
}

const own = ({ flags }: Shown) => flags.filter(({ flag }) => !OF_ALL.has(flag));

it('docs/commands.md has every command, and no other', () => {
  const told = [...PAGE.matchAll(/^### enim (.*)$/gm)].map(([, name]) => name);
  expect(told.sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
});

it.each(COMMANDS)('docs/commands.md has every flag of "enim $name" with its default, and no other', (command) => {
  const told = flagsIn(section(`### enim ${command.name}`) ?? '');
  expect(told).toEqual(own(command).map(({ spelling, fallback }) => ({ spelling, fallback })));
});

it('docs/commands.md has the flags that every command takes', () => {
  const told = flagsIn(section('## Every command takes') ?? '').map(({ spelling }) => spelling);
  expect(told.sort()).toEqual([...OF_ALL, '--help'].sort());
  for (const { name, flags } of COMMANDS) {
    expect({ name, flags: flags.map(({ flag }) => flag) }).toEqual({
      name,
      flags: expect.arrayContaining([...OF_ALL]),
    });
  }
});
