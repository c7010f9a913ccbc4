/** Every call of enim in README.md and docs/ is run as it stands; what cannot be is named here with the reason. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pLimit from 'p-limit';
import { PAGES, textOf, typedLines } from '../docs/pages.js';
import { callsIn } from '../docs/shell.js';
import { type Outcome, run } from '../fabric/exec.js';
import { describeEndToEnd, EXECUTABLE, programFault } from '../fabric/requirements.js';

/** Typed as a whole, one after the other, by tutorial.test.ts. */
const TUTORIAL = 'docs/tutorial.md';

const NOT_RUN: readonly (readonly [call: RegExp, reason: string])[] = [
  [/^sync\b/, 'needs a cluster: test/kubernetes runs it'],
  [/--evict\b/, 'needs a cluster: test/kubernetes runs it'],
  [/^install --kubeconfig/, 'needs the pod of a cluster: test/kubernetes runs it'],
];

/** Those that do not end with 0 on the node below, and why. */
const EXIT_CODES: readonly (readonly [call: RegExp, codes: readonly number[], reason: string])[] = [
  [/^doctor/, [0, 1], 'agents and udev rules of the machine are a problem or none'],
  [/^provider init --yes$/, [4], 'the NICs of the node are virtual, and those have to be named'],
  [/^drain --check$/, [1], 'a pod has an ENI'],
  [/^drain --force$/, [6], 'it asks, and there is no terminal'],
  [/^drain --timeout 0 --force$/, [6], 'it asks, and there is no terminal'],
  [/^drain --timeout 5m$/, [1], 'a pod has an ENI, and it is told to end'],
  [/^uninstall( |$)/, [0, 6], 'a pod has an ENI'],
];

/**
 * A node with three NICs, and what a call needs: most of them that the pod web-0 has one. It has directories of its own for all that enim
 * writes, so that calls that name no places leave the machine's alone.
 */
const NODE = `
set -e
mount -t tmpfs enimtest "$HOME" && cd && cp -a /etc etc && mount --bind etc /etc
for place in /run /var/lib /opt; do mount -t tmpfs enimtest $place; done
mkdir -p /run/netns /etc/enim
for netns in node web-0 web-1 web-2 web-3; do ip netns add $netns; done
# Several of these nodes are on the machine at once.
macs=$(printf '02:e1:%02x:%02x:00' $((RANDOM % 256)) $((RANDOM % 256)))
for n in 1 2 3; do
  ip -n node link add eni$n address $macs:0$n type veth peer name port$n
  ip -n node link set port$n up
done
ip -n node link set eni1 name eth1
cat > /etc/enim/config.json <<END
{ "static": { "enis": [
  { "id": "eni1", "mac": "$macs:01", "ipv4": { "address": "10.0.0.11/24", "gateway": "10.0.0.1" } },
  { "id": "eni2", "mac": "$macs:02", "ipv4": { "address": "10.0.0.12/24", "gateway": "10.0.0.1" } },
  { "id": "eni3", "mac": "$macs:03", "ipv4": { "address": "10.0.0.13/24", "gateway": "10.0.0.1" } } ] } }
END
home() { nsenter --net=/run/netns/node "$@" >/dev/null; }
case "$*" in
  add*) ;;
  'provider release'*) home enim provider allocate "$3" ;;
  'provider init'*) rm /etc/enim/config.json ;;
  adopt*--owner*) ip -n node link set eni3 netns web-2 name eth0 ;;
  *) home enim add default/web-0 --netns web-0 --container-id 3f9c1d2a ;;
esac
case "$*" in
  *--from-bundle*) home enim support-bundle --file n1.tar.gz ;;
  # Of this node.
  'where 02-00-5E-10-00-'*) set -- where "\${macs//:/-}-\${2##*-}" ;;
  # There is no terminal to ask on.
  *--force-rebind*) set -- "$@" --yes ;;
esac
case "$*" in agent*|*5m) seconds=4 ;; *) seconds=60 ;; esac
exec nsenter --net=/run/netns/node timeout --preserve-status --signal=TERM $seconds enim "$@" </dev/null`;

const CALLS = new Map(
  PAGES.filter((page) => page !== TUTORIAL).flatMap((page) =>
    typedLines(textOf(page)).flatMap(({ line, text }) =>
      callsIn(text).map((words) => [words.join(' '), { words, at: `${page}:${line}` }] as const),
    ),
  ),
);

/** Words that stand for something. */
const MEANT: Readonly<Record<string, string>> = { ENI: 'eni1', 'eni-a': 'eni1', 'eni-b': 'eni2' };

describeEndToEnd('the calls in README.md and docs/', () => {
  let home: string;

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'enimtest-pages-'));
  });

  afterAll(() => rmSync(home, { recursive: true, force: true }));

  async function paste(words: readonly string[]): Promise<Outcome> {
    const env = { PATH: `${dirname(EXECUTABLE)}:${process.env.PATH}`, HOME: home, LC_ALL: 'C.UTF-8' };
    const meant = words.map((word) => MEANT[word] ?? word);
    return run('unshare', ['--mount', '--propagation', 'private', 'bash', '-c', NODE, 'bash', ...meant], { env });
  }

  const runnable = [...CALLS].filter(([call]) => !NOT_RUN.some(([pattern]) => pattern.test(call)));

  it('go as the pages say', async () => {
    const inLine = pLimit(4);
    const wrong = await Promise.all(
      runnable.map(([call, { words, at }]) =>
        inLine(async () => {
          const [, codes = [0]] = EXIT_CODES.find(([pattern]) => pattern.test(call)) ?? [];
          const { code, stdout, stderr } = await paste(words);
          return codes.includes(code ?? -1) ? [] : [{ at, call, code, not: codes, output: stdout + stderr }];
        }),
      ),
    );
    expect(wrong.flat()).toEqual([]);
  });

  it('are all run, but for those that are named above', () => {
    const stale = [...NOT_RUN, ...EXIT_CODES].filter(
      ([pattern]) => ![...CALLS.keys()].some((call) => pattern.test(call)),
    );
    expect(stale).toEqual([]);
    expect(runnable.length).toBeGreaterThan(40);
  });
}, [programFault('unshare')]);
