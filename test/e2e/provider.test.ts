import { existsSync, readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { add, answer, list, show } from '../fabric/answers.js';
import { expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { inventory } from '../fabric/inventory.js';
import { createNode, type Node } from '../fabric/node.js';
import { describeEndToEnd } from '../fabric/requirements.js';

describeEndToEnd('enim provider', () => {
  let node: Node;

  beforeEach(async () => {
    node = await createNode();
  });

  afterEach(() => node.destroy());

  it('says which provider is in force and that it is healthy', async () => {
    const { code, stdout } = await node.enim(['provider']);

    expect(code).toBe(0);
    expect(stdout).toMatch(/static.*healthy/);
    expect(answer<object>(await node.enim(['provider', '--json']))).toMatchObject({ provider: 'static' });
  });

  it('ends with 1 where it cannot do its work, and says what to do', async () => {
    node.writeSettings({});
    const { code, stdout } = await node.enim(['provider']);

    expect(code).toBe(1);
    expect(stdout).toMatch(/^static: not healthy; .*\n.*\n.*\n {2}Try: enim provider init\n$/);
    expect(await node.enim(['provider', '--json'])).toMatchObject({ code: 1, json: { health: { ok: false } } });
  });

  it('lists its ENIs', async () => {
    const { stdout } = await node.enim(['provider', 'list']);
    const document = answer<object>(await node.enim(['provider', 'list', '--json']));

    for (const { id, mac } of node.enis) {
      expect(stdout).toContain(id);
      expect(JSON.stringify(document)).toContain(mac);
    }
  });

  it('keeps an ENI from being given out, says why in the list, and ends it', async () => {
    const { id } = node.eni(0);
    await node.enim(['provider', 'quarantine', id, '--reason', 'drops packets', '--for', '1h']);
    expect(await show(node, node.eni(0))).toMatchObject({
      state: 'quarantined',
      note: expect.stringContaining('drops packets'),
    });
    const pod = await node.pod('web-0');
    expect((await add(node, 'default/web-0', pod)).eni.id).toBe(node.eni(1).id);
    expect(await node.enim(['provider', 'restore', id])).toMatchObject({ code: 0 });
    expect(await show(node, node.eni(0))).toMatchObject({ state: 'free', note: null });
    expectRefusal(await node.enim(['provider', 'quarantine', 'eni-none']), { code: 4, says: ['eni-none'] });
    expectRefusal(await node.enim(['provider', 'quarantine', id, '--reason', '']), { code: 2, says: ['reason'] });
    expectRefusal(await node.enim(['provider', 'quarantine', id, '--for', 'soon']), { code: 2, says: ['--for'] });
  });

  describe('allocate', () => {
    const allocate = async (owner: string): Promise<string> =>
      answer<{ eni: { id: string } }>(await node.enim(['provider', 'allocate', owner, '--json'])).eni.id;

    it('holds an ENI that nobody else gets, and leaves its NIC at home', async () => {
      const before = await node.kernelState();
      const held = await allocate('ops/reserve');

      expect(await node.kernelState()).toEqual(before);
      const given = [
        await add(node, 'default/a', await node.pod('a')),
        await add(node, 'default/b', await node.pod('b')),
      ];
      expect(given.map(({ eni }) => eni.id)).not.toContain(held);
      expectRefusal(await node.enim(['add', 'default/c', '--netns', (await node.pod('c')).path]), { code: 3 });
    });

    it('gives an owner that asks again what it has', async () => {
      const first = await allocate('ops/reserve');

      expect(await allocate('ops/reserve')).toBe(first);
      expect(await allocate('ops/other')).not.toBe(first);
    });

    it('ends with 3 when nothing is left', async () => {
      for (const owner of ['ops/a', 'ops/b', 'ops/c']) await allocate(owner);

      expectRefusal(await expectUnchanged(node, () => node.enim(['provider', 'allocate', 'ops/d'])), { code: 3 });
    });

    it('gives every one of many processes its own', async () => {
      const owners = ['ops/a', 'ops/b', 'ops/c'];
      const ids = await Promise.all(owners.flatMap((owner) => [allocate(owner), allocate(owner), allocate(owner)]));

      expect(new Set(ids).size).toBe(3);
      for (const [index] of owners.entries()) expect(new Set(ids.slice(index * 3, index * 3 + 3)).size).toBe(1);
    });

    it('is not undone by gc', async () => {
      const held = await allocate('ops/reserve');
      answer(await node.enim(['gc', '--grace', '50ms', '--json']));

      expect(node.state()?.allocations[held]?.holder).not.toBeNull();
    });
  });

  describe('release', () => {
    it('frees what is held', async () => {
      const { eni } = answer<{ eni: { id: string } }>(
        await node.enim(['provider', 'allocate', 'ops/reserve', '--json']),
      );
      expect(await node.enim(['provider', 'release', 'ops/reserve'])).toMatchObject({ code: 0 });

      expect(node.state()?.allocations[eni.id]).toMatchObject({ holder: null, releasedAt: expect.any(String) });
      expect((await list(node)).map(({ state }) => state)).toEqual(['free', 'free', 'free']);
    });

    it('succeeds when nothing is held', async () => {
      expect(await node.enim(['provider', 'release', 'ops/nobody'])).toMatchObject({ code: 0 });
    });

    it('never frees an ENI whose NIC is in a pod', async () => {
      const pod = await node.pod('web-0');
      await add(node, 'default/web-0', pod);
      const result = await node.enim(['provider', 'release', 'default/web-0']);

      expect(await show(node, node.eni(0))).toMatchObject({ state: 'used' });
      expect(await pod.link('eth0')).toMatchObject({ address: node.eni(0).mac });
      expect(result.stdout + result.stderr).toMatch(/./);
    });
  });

  it.each(['allocate', 'release'])('%s refuses an owner that is none', async (command) => {
    const result = await expectUnchanged(node, () => node.enim(['provider', command, 'a/b/c']));
    expectRefusal(result, { code: 2, says: ['a/b/c'] });
  });
});

describeEndToEnd('enim provider init', () => {
  let node: Node;

  beforeEach(async () => {
    node = await createNode({ settings: () => null });
  });

  afterEach(() => node.destroy());

  const init = (...extra: string[]) => node.enim(['provider', 'init', '--name', 'eni*', ...extra]);

  it('writes an inventory of the node’s spare NICs that works', async () => {
    expect(await init('--yes')).toMatchObject({ code: 0 });

    const { static: written } = JSON.parse(readFileSync(node.configFile, 'utf8')) as {
      static: { enis: { mac: string }[] };
    };
    expect(written.enis.map(({ mac }) => mac).sort()).toEqual(node.enis.map(({ mac }) => mac));
    expect((await list(node)).map(({ state }) => state)).toEqual(['free', 'free', 'free']);
    await add(node, 'default/web-0', await node.pod('web-0'));
  });

  it('leaves out what the node needs itself, and says why', async () => {
    const { ipv4 } = node.eni(0);
    await node.ip(
      ...[
        `addr add ${ipv4.address} dev eni0`,
        'link set dev eni0 up',
        `route add default via ${ipv4.gateway} dev eni0`,
      ],
      ...['link add name hostbr type bridge', 'link set dev eni1 master hostbr'],
    );

    const { code, stdout, stderr } = await init('--yes');
    expect(code).toBe(0);
    expect(stdout + stderr).toMatch(/eni0.*default route/);
    expect(stdout + stderr).toMatch(/eni1.*hostbr/);
    expect((await list(node)).map(({ mac }) => mac)).toEqual([node.eni(2).mac]);
  });

  it('without a terminal shows what it would write, writes nothing, and names --yes', async () => {
    const result = await expectUnchanged(node, () => init());

    expect(result.code).toBe(6);
    expect(result.stderr).toMatch(/without a terminal/);
    expect(result.stderr).toContain('--yes');
    for (const { mac } of node.enis) expect(result.stdout).toContain(mac);
    expect(existsSync(node.configFile)).toBe(false);
  });

  it('never replaces an inventory without --force', async () => {
    node.writeSettings({ provider: 'static', static: { enis: [{ id: 'mine', mac: node.eni(1).mac }] } });

    const result = await expectUnchanged(node, () => init('--yes'));
    expect(result.code).not.toBe(0);
    expect(result.stderr).toContain('--force');
    expect(await init('--yes', '--force')).toMatchObject({ code: 0 });
    expect(await list(node)).toHaveLength(3);
  });

  it('with --force keeps what somebody has, and what was set of the ENIs that stay', async () => {
    const ipv4 = { address: '10.0.0.9/24' };
    const entry = (index: number) => ({ id: `mine-${index}`, mac: node.eni(index).mac, ipv4 });
    node.writeSettings({ static: { enis: [entry(0), { ...entry(1), ipv4: { address: '10.0.0.8/24' } }] } });
    const pod = await node.pod('web-0');
    await add(node, 'default/web-0', pod, ['--eni', 'mine-0'], 'c1');

    const { stdout } = await init('--yes', '--force');
    expect(stdout).toMatch(/^Kept, for somebody has or may have them: mine-0$/m);
    expect(stdout).toMatch(/^Wrote 3 ENIs /m);
    const shown = await list(node);
    expect(shown.map(({ id, state, ipv4: has }) => [id, state, has?.address])).toEqual([
      ['mine-0', 'used', ipv4.address],
      ['mine-1', 'free', '10.0.0.8/24'],
      ['eni2', 'free', undefined],
    ]);
    rmSync(node.stateDir, { recursive: true });
    await init('--yes', '--force');
    expect((await list(node)).map(({ id, state }) => [id, state])[0]).toEqual(['mine-0', 'orphan']);
  });

  it('with --force keeps an ENI whose NIC nobody can tell from another, for it may be the one in the pod', async () => {
    node.writeSettings(inventory(node.enis));
    const { id, mac } = node.eni(0);
    await add(node, 'default/web-0', await node.pod('web-0'), ['--eni', id]);
    await node.ip(`link add twin address ${mac} type veth peer name other`);
    rmSync(node.stateDir, { recursive: true });

    expect((await init('--yes', '--force')).stdout).toContain(`may have them: ${id}\n`);
    expect(await show(node, node.eni(0))).toMatchObject({ id, state: 'quarantined' });
  });

  it('keeps the other settings', async () => {
    node.writeSettings({ network: 'fast', provider: 'static' });
    expect(await init('--yes')).toMatchObject({ code: 0 });

    expect(JSON.parse(readFileSync(node.configFile, 'utf8'))).toMatchObject({ network: 'fast' });
  });

  it('gives every NIC an ID that add takes', async () => {
    await init('--yes');
    const [first] = await list(node);

    expect((await add(node, 'default/web-0', await node.pod('web-0'), ['--eni', first?.id ?? ''])).mac).toBe(
      first?.mac,
    );
  });
});

describeEndToEnd('discovered ENIs', () => {
  let node: Node;

  beforeEach(async () => {
    node = await createNode({
      settings: () => ({ provider: 'static', static: { discover: { name: 'eni*', exclude: ['eni1'] } } }),
    });
  });

  afterEach(() => node.destroy());

  it('are the spare NICs that fit the rules, by IDs made of their MACs', async () => {
    const expected = [node.eni(0), node.eni(2)].map(({ mac }) => [`eni-${mac.replaceAll(':', '')}`, mac]);

    expect((await list(node)).map(({ id, mac }) => [id, mac])).toEqual(expected);
  });

  it('stay known while they are in a pod, and come home', async () => {
    const before = await node.kernelState();
    const { eni } = await add(node, 'default/web-0', await node.pod('web-0'));

    expect((await list(node)).find(({ id }) => id === eni.id)).toMatchObject({ state: 'used' });
    answer(await node.enim(['del', 'default/web-0', '--json']));
    expect((await node.kernelState()).home).toEqual(before.home);
  });

  it('do not include the NIC of the default route', async () => {
    const { ipv4 } = node.eni(0);
    await node.ip(
      `addr add ${ipv4.address} dev eni0`,
      'link set dev eni0 up',
      `route add default via ${ipv4.gateway} dev eni0`,
    );

    expect((await list(node)).filter(({ state }) => state === 'free').map(({ mac }) => mac)).toEqual([node.eni(2).mac]);
  });
});
