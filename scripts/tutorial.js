/**
 * Types the tutorial into a shell, and writes below each command what it prints today. `--print` prints the page instead of writing it.
 * `ENIM_EXECUTABLE` names another build than dist/enim.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ROOT } from './process.js';
import { play } from './shell.js';

const PAGE = join(ROOT, 'docs/tutorial.md');
const BLOCK = /^```(sh|console)\n([\s\S]*?)^```$/gm;

/** What installs and builds is done by then, and takes minutes. */
const NOT_TYPED = /^npm /;

const page = readFileSync(PAGE, 'utf8');
const executable = process.env.ENIM_EXECUTABLE || join(ROOT, 'dist/enim');
const steps = [...page.matchAll(BLOCK)].flatMap(([, kind, text]) => stepsOf(kind, text));
const played = await play(steps, executable);

const written = page.replace(BLOCK, (block, kind, text) => {
  const done = played.splice(0, stepsOf(kind, text).length);
  if (kind === 'console')
    return `\`\`\`console\n${done.map(({ typed, output }) => `$ ${typed}\n${output}`).join('')}\`\`\``;
  for (const { typed, output, code } of done) {
    if (code !== 0 || output !== '') fail(`This did not go well, with exit code ${code}:\n${typed}\n${output}`);
  }
  return block;
});

if (process.argv.includes('--print')) process.stdout.write(written);
else writeFileSync(PAGE, written);

/** A block of `sh` is typed as a whole and says nothing; one of `console` is typed line by line. */
function stepsOf(kind, text) {
  if (kind === 'sh') return NOT_TYPED.test(text) ? [] : [{ typed: text.trimEnd() }];
  return [...text.matchAll(/^\$ (.*)$/gm)].map(([, typed]) => ({ typed }));
}
