import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { add, answer, gc } from '../fabric/answers.js';
import { callPlugin, resultOf } from '../fabric/cni.js';
import { expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';

interface HoldingAnswer {
  readonly eni: string;
  readonly owner: string;
  readonly uid: string | null;
  readonly containerID: string;
  readonly network: string;
  readonly ifname: string;
  readonly netns: string;
  readonly role: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly reason: string | null;
  readonly restored: readonly unknown[];
}

interface HistoryAnswer {
  readonly holdings: readonly HoldingAnswer[];
  readonly ignored: number;
}

describeEndToEnd('enim history', () => {
  let node: Node;
  let pod: Pod;
  let file: string;

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
    file = join(node.stateDir, 'history.log');
  });

  afterEach(() => node.destroy());

  const history = async (...args: string[]): Promise<HistoryAnswer> =>
    answer(await node.enim(['history', ...args, '--json']));
  const del = (owner: string, containerID: string) =>
    node.enim(['del', owner, '--container-id', containerID, '--json']).then(answer);
  /** `OWNER CONTAINER WHY` each. */
  const short = ({ holdings }: HistoryAnswer): string[] =>
    holdings.map(({ owner, containerID, reason }) => `${owner} ${containerID} ${reason}`);

  it('tells who had which ENI across add, del, gc and the CNI plugin', async () => {
    const dead = await node.pod('dead');
    const { mac } = await add(node, 'default/web-0', pod, [], 'c0');
    await pod.ip('link set dev eth0 mtu 1300');
    await del('default/web-0', 'c0');
    await add(node, 'default/dead', dead, [], 'c1');
    await node.simulateCardReturn(dead, 'eth0');
    await gc(node);
    await resultOf(node, 'ADD', { netns: pod.path, containerID: 'c2' });
    await resultOf(node, 'ADD', { netns: pod.path, containerID: 'c2' });
    await resultOf(node, 'DEL', { netns: pod.path, containerID: 'c2' });
    await resultOf(node, 'DEL', { netns: pod.path, containerID: 'c2' });
    await resultOf(node, 'ADD', { netns: pod.path, containerID: 'c3' });
    await resultOf(node, 'GC', { network: { 'cni.dev/valid-attachments': [] } });
    await resultOf(node, 'ADD', { netns: pod.path, containerID: 'c4' });

    const told = await history();
    expect(short(told)).toEqual([
      'default/web-0 c0 del',
      expect.stringMatching(new RegExp(`^default/dead c1 gc: .*${dead.path} is gone; NIC is home as `)),
      'default/web-0 c2 del',
      'default/web-0 c3 prune: the runtime does not know it any more',
      'default/web-0 c4 null',
    ]);
    expect(told.ignored).toBe(0);
    const [first] = told.holdings;
    expect(first).toMatchObject({
      ...{ eni: node.enis.find((each) => each.mac === mac)?.id, network: 'enim', ifname: 'eth0', netns: pod.path },
      ...{ role: 'main', uid: null, restored: [{ what: 'MTU', from: '1300', to: '1500' }] },
    });
    expect(Date.parse(first?.to ?? '')).toBeGreaterThan(Date.parse(first?.from ?? ''));
    expect(told.holdings.at(-1)).toMatchObject({ uid: 'u-1', network: 'eninet', to: null });

    const { stdout } = await node.enim(['history']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^TIME +ENI +OWNER +CONTAINER +FROM +TO +HELD +WHY$/);
    expect(lines[5]).toMatch(/^\d+s +\S+ +default\/web-0 +c4 +\S+ +- +\d+s +-$/);
    expect(lines[6]).toBe('5 holdings: 4 over, 1 lasting');
  });

  it('answers for one ENI, one owner, and a time', async () => {
    const other = await node.pod('web-1');
    const one = await add(node, 'default/web-0', pod, [], 'c0');
    await add(node, 'default/web-1', other, [], 'c1');
    await del('default/web-0', 'c0');

    expect(short(await history(one.eni.id))).toEqual(['default/web-0 c0 del']);
    expect(short(await history('default/web-1'))).toEqual(['default/web-1 c1 null']);
    expect(short(await history('--since', '1h'))).toHaveLength(2);
    expect(short(await history('--since', '0'))).toEqual(['default/web-1 c1 null']);
    expectRefusal(await node.enim(['history', 'a/b/c']), { code: 2, says: ['OWNER is "a/b/c"'] });
    expectRefusal(await node.enim(['history', '--since', 'ever']), { code: 2, says: ['--since is "ever"'] });
  });

  it('has nothing of an ENI that nobody has had, and says so; one that nobody knows is refused', async () => {
    const { id } = node.eni(1);
    const { code, stdout } = await expectUnchanged(node, () => node.enim(['history', id]));
    expect({ code, stdout }).toEqual({ code: 0, stdout: `Nothing is recorded of ${id}.\n` });
    expect(await history(id)).toEqual({ holdings: [], ignored: 0 });
    expect(await history('default/nobody')).toEqual({ holdings: [], ignored: 0 });
    const unknown = await expectUnchanged(node, () => node.enim(['history', 'eni-unknown']));
    expectRefusal(unknown, { code: 4, says: ['No ENI "eni-unknown" is known'], mentions: ['enim list'] });
  });

  it('has nothing of an add that failed before the move', async () => {
    await pod.ip('link add eth0 type veth peer name eth1');
    expect((await node.enim(['add', 'default/web-0', '--netns', pod.path])).code).toBe(2);
    expect(await history()).toEqual({ holdings: [], ignored: 0 });
    expect(existsSync(file)).toBe(false);
  });

  it('leaves out a line that was torn, counts it, and goes on', async () => {
    await add(node, 'default/web-0', pod, [], 'c0');
    const line = readFileSync(file, 'utf8');
    appendFileSync(file, line.slice(0, line.length / 2));
    expect(short(await history())).toEqual(['default/web-0 c0 null']);
    expect((await history()).ignored).toBe(1);

    await del('default/web-0', 'c0');
    expect(short(await history())).toEqual(['default/web-0 c0 del']);
    expect((await node.enim(['history'])).stdout).toMatch(/\n1 damaged line ignored\.\n$/);
  });

  it('has 16 whole lines after 16 adds at once', async () => {
    await node.destroy();
    node = await createNode({ enis: 16 });
    const pods = await Promise.all(Array.from({ length: 16 }, (_, index) => node.pod(`p${index}`)));
    await Promise.all(pods.map((each, index) => add(node, `default/p${index}`, each, [], `c${index}`)));

    const lines = readFileSync(join(node.stateDir, 'history.log'), 'utf8').split('\n');
    expect(lines).toHaveLength(17);
    const { holdings, ignored } = await history();
    expect(ignored).toBe(0);
    expect(new Set(holdings.map(({ eni }) => eni)).size).toBe(16);
  });

  it('is put aside at 1 MiB, and is read whole', async () => {
    await add(node, 'default/web-0', pod, [], 'c0');
    const line = readFileSync(file, 'utf8');
    writeFileSync(file, line.repeat(Math.ceil(2 ** 20 / line.length)));
    await del('default/web-0', 'c0');
    expect(existsSync(file)).toBe(false);
    await add(node, 'default/web-0', pod, [], 'c1');
    expect(short(await history())).toEqual(['default/web-0 c0 del', 'default/web-0 c1 null']);
  });

  describe('that cannot be written', () => {
    it.each([
      ['for the disk is full', 'ENOSPC', () => symlinkSync('/dev/full', file)],
      ['for it is no file', 'EISDIR', () => mkdirSync(file)],
    ])('%s is a warning, and the work is done', async (_, errno, spoil) => {
      mkdirSync(node.stateDir);
      spoil();
      const { code, stderr } = await node.enim(['add', 'default/web-0', '--netns', pod.path, '--container-id', 'c0']);
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: `warning: The history ${file} cannot be written (${errno}); all else was done.\n`,
      });
      const ended = await callPlugin(node, 'DEL', { containerID: 'c0', network: { name: 'enim' } });
      expect([ended.code, ended.stdout]).toEqual([0, '']);
      expect(JSON.parse(ended.stderr)).toMatchObject({ level: 'warn', message: expect.stringContaining(errno) });
      expect(node.state()?.attachments).toEqual({});
    });
  });

  it('that somebody else may not read says so', async () => {
    await add(node, 'default/web-0', pod, [], 'c0');
    chmodSync(node.dir, 0o755);
    chmodSync(node.stateDir, 0o700);
    const result = await node.enim(['history'], { via: ['setpriv', '--reuid=65534', '--clear-groups'] });
    expectRefusal(result, { code: 1, says: ['history.log cannot be read (EACCES)'], mentions: ['run enim as root'] });
  });
});
