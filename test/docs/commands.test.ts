import { describe, expect, it } from '@jest/globals';
import { codeSpans, PAGES, textOf, typedLines } from './pages.js';
import { callsIn, programsIn } from './shell.js';
import { faultOf, type Manifest, mentionFaultOf } from './usage.js';

const MANIFEST: Manifest = JSON.parse(textOf('oclif.manifest.json'));

/** Programs that no test runs as the pages have them, and why; what is typed of enim runs in test/e2e (pages, tutorial). */
const NOT_RUN: Readonly<Record<string, string>> = {
  kubectl: 'needs a cluster with nodes; test/kubernetes applies deploy/ to a real API server',
  docker: 'needs a Docker daemon; test/deploy/image.test.ts makes the image’s root file system without one',
  npm: 'installs, builds or tests: what runs this does so itself',
  systemctl: 'needs systemd as init; test/deploy/systemd.test.ts reads the units',
  journalctl: 'needs systemd as init',
  curl: 'asks a server; test/e2e/agent does',
  jq: 'picks from what enim prints; test/e2e/documents holds its fields against their schemas',
  ...{
    install: 'writes to the machine',
    cp: 'writes to the machine',
    mv: 'writes to the machine',
    rm: 'removes from it',
  },
  ...{ dmesg: 'shows what the kernel logged', ip: 'shows what the kernel has', tail: 'shortens it' },
};

describe.each(PAGES)('%s', (page) => {
  it('has no call of enim that its commands would not take', () => {
    const faults = typedLines(textOf(page)).flatMap(({ line, text }) =>
      callsIn(text).flatMap((words) => {
        const fault = faultOf(MANIFEST, words);
        return fault === undefined ? [] : [{ at: `${page}:${line}`, text, fault }];
      }),
    );
    expect(faults).toEqual([]);
  });

  it('speaks of no command and no flag that does not exist', () => {
    const faults = codeSpans(textOf(page))
      .filter(({ text }) => text.startsWith('enim '))
      .flatMap(({ line, text }) => {
        const fault = callsIn(text).map((words) => mentionFaultOf(MANIFEST, words))[0];
        return fault === undefined ? [] : [{ at: `${page}:${line}`, text, fault }];
      });
    expect(faults).toEqual([]);
  });
});

it('every program that the pages have one type is run by a test, or named above with the reason', () => {
  const typed = PAGES.filter((page) => page !== 'docs/tutorial.md').flatMap((page) => typedLines(textOf(page)));
  const programs = new Set(typed.flatMap(({ text }) => programsIn(text)).filter((word) => !/(^|\/)enim$/.test(word)));
  expect([...programs].sort()).toEqual(Object.keys(NOT_RUN).sort());
});

it('every command is in the index of docs/commands.md', () => {
  const index = textOf('docs/commands.md').split('\n## ')[0] ?? '';
  const shown = Object.entries(MANIFEST.commands).filter(([, { hidden }]) => hidden !== true);
  const missing = shown.map(([id]) => id.replaceAll(':', ' ')).filter((name) => !index.includes(`[${name}](#enim-`));
  expect(missing).toEqual([]);
});

describe('what is looked at', () => {
  it('is what follows a prompt, and every line of shell, but no output', () => {
    const page = '```console\n$ enim list\nenim lost\n```\n\nenim none\n\n```sh\nenim gc \\\n  --dry-run  # why\n```\n';
    expect(typedLines(page)).toEqual([
      { line: 2, text: 'enim list' },
      { line: 9, text: 'enim gc    --dry-run  # why' },
    ]);
  });

  it('is every call of a line, and nothing that only bears the name', () => {
    const line = `A=b sudo enim gc >x && kubectl exec ds/enim-agent -- enim list | cat; enim config set k '{"a": 1}' # enim no`;
    expect(callsIn(line)).toEqual([['gc'], ['list'], ['config', 'set', 'k', '{"a": 1}']]);
    expect(callsIn('install -m 755 dist/enim /usr/local/bin/enim; kubectl create clusterrolebinding enim')).toEqual([]);
  });

  it('is found in the pages', () => {
    const calls = PAGES.flatMap((page) => typedLines(textOf(page)).flatMap(({ text }) => callsIn(text)));
    expect(calls.length).toBeGreaterThan(50);
  });

  it.each([
    ['enim lst', 'no command: lst'],
    ['enim gc --dry', 'no flag: --dry'],
    ['enim del', '0 arguments, not 1'],
    ['enim gc all', '1 arguments, not 0'],
    ['enim history a b', '2 arguments, not 0 to 1'],
    ['enim gc --grace', 'no value: --grace'],
    ['enim list -o xml', 'not a value of -o: xml'],
    ['enim drain --check --force', '--check goes not with --force'],
    ['enim install --service-account d', '--service-account needs --kubeconfig'],
    ['enim drain -y --timeout=0 --force', undefined],
    ['enim provider release default/web-0 --json', undefined],
  ])('%s: %s', (line, fault) => {
    expect(callsIn(line).map((words) => faultOf(MANIFEST, words))).toEqual([fault]);
  });
});
