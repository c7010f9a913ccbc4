/** Every command and flag of the manifest, in `--help` and in what each shell completes; docs/commands.md is in test/docs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Manifest, shownIn } from '../docs/usage.js';
import { createNode, type Node } from '../fabric/node.js';
import { describeEndToEnd, programFault } from '../fabric/requirements.js';

const ROOT = join(import.meta.dirname, '../..');
const COMMANDS = shownIn(JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as Manifest);
const TOPICS = [...new Set(COMMANDS.filter(({ name }) => name.includes(' ')).map(({ name }) => name.split(' ')[0]))];

/** What a shell prints for the line in `$line`; each candidate on a line, perhaps with its meaning behind a tab or a colon. */
const SHELLS = {
  bash: [
    'source <(enim completion bash)',
    `ask() { COMP_LINE=$line COMP_POINT=$\{#line}; _enim 2>/dev/null; printf "%s\\n" "$\{COMPREPLY[@]}"; }`,
    'while IFS= read -r line; do echo "> $line"; ask </dev/null; done',
  ],
  // The functions of zsh that only work in its line editor are stand-ins: what _enim hands to them is printed.
  zsh: [
    `compdef() { }; _describe() { print -rl -- "$\{(@P)2}"; }`,
    'source <(enim completion zsh)',
    'while IFS= read -r line; do',
    `print -r "> $line"; words=("$\{(@s: :)line}") CURRENT=$\{#words}; _enim </dev/null`,
    'done',
  ],
  fish: ['enim completion fish | source', 'while read -l line; echo "> $line"; complete -C "$line" </dev/null; end'],
} as const;

describeEndToEnd('every command and flag', () => {
  let node: Node;

  beforeAll(async () => {
    node = await createNode();
  });

  afterAll(() => node.destroy());

  it.each(COMMANDS)('of "enim $name" is in its --help', async ({ name, flags }) => {
    const { code, stdout } = await node.enim([...name.split(' '), '--help'], { env: { COLUMNS: '300' } });
    expect({ code, usage: stdout.includes(`$ enim ${name}`) }).toEqual({ code: 0, usage: true });
    const missing = flags.filter(({ spelling }) => !new RegExp(`^ +${spelling}(?![\\w-])`, 'm').test(stdout));
    expect(missing).toEqual([]);
  });

  it('is in the help of all, or in that of its topic', async () => {
    const { stdout: all } = await node.enim(['--help']);
    const topics = await Promise.all(TOPICS.map((topic) => node.enim([String(topic), '--help'])));
    const text = [all, ...topics.map(({ stdout }) => stdout)].join('\n');
    expect(COMMANDS.filter(({ name }) => !new RegExp(`^ +${name}\\s`, 'm').test(text))).toEqual([]);
  });

  describe.each(Object.entries(SHELLS))('in %s', (shell, script) => {
    const fault = programFault(shell);
    if (fault !== undefined) process.stderr.write(`skipped: completion by ${shell}: ${fault}\n`);

    (fault === undefined ? it : it.skip)('is completed', async () => {
      const lines = [
        'enim ',
        ...TOPICS.map((topic) => `enim ${topic} `),
        ...COMMANDS.map(({ name }) => `enim ${name} --`),
      ];
      const { stdout } = await node.start([shell, '-c', script.join('\n')], {
        input: `${lines.join('\n')}\n`,
        timeout: 60_000,
      }).result;
      const found = new Map(
        stdout.split(/^> /m).map((block) => {
          const [line = '', ...candidates] = block.split('\n');
          return [line, candidates.map((each) => each.replace(/[\t: ].*/, ''))];
        }),
      );
      const wanted = COMMANDS.flatMap(({ name, flags }) => {
        const words = name.split(' ');
        return [
          {
            line: `enim ${words
              .slice(0, -1)
              .map((word) => `${word} `)
              .join('')}`,
            word: words.at(-1),
          },
          ...flags.map(({ flag }) => ({ line: `enim ${name} --`, word: flag })),
        ];
      });
      expect(wanted.filter(({ line, word }) => !found.get(line)?.includes(String(word)))).toEqual([]);
    });
  });
});
