import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { add, answer, list } from '../fabric/answers.js';
import { expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { inventory } from '../fabric/inventory.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';
import { sampleCached } from '../model/cached.js';

describeEndToEnd('enim adopt', () => {
  let node: Node;
  let pod: Pod;
  beforeEach(async () => {
    node = await createNode({ enis: 2 });
    pod = await node.pod('web-0');
  });
  afterEach(() => node.destroy());

  it('after the state was lost concludes, and with --yes records, what is in the pods', async () => {
    const before = await node.kernelState();
    await add(node, 'default/web-0', pod);
    rmSync(node.stateDir, { recursive: true });
    const dry = await expectUnchanged(node, () => node.enim(['adopt']));
    expect(dry.stdout).toMatch(/default\/web-0 .*to record +NIC is in .*the label of the NIC says default\/web-0/);
    expect(dry.stdout).toContain('Nothing was written. To record it: enim adopt --yes');
    expect(await node.enim(['adopt', '--yes'])).toMatchObject({ code: 0 });
    expect((await list(node)).map(({ state }) => state)).toEqual(['used', 'free']);
    expect(await node.enim(['del', 'default/web-0'])).toMatchObject({ code: 0 });
    expect(await node.kernelState()).toEqual(before);
  });

  it('after state and label were lost takes the word of the runtime’s cache, UID included', async () => {
    // Without a label nothing else says what it was called at home.
    node.writeSettings(inventory(node.enis, ({ ifname }) => ({ ifname })));
    const before = await node.kernelState();
    const { mac } = await add(node, 'default/web-0', pod, ['--eni', node.eni(0).id]);
    rmSync(node.stateDir, { recursive: true });
    await pod.run('ip', 'link', 'set', 'dev', 'eth0', 'alias', '');
    const cache = join(node.dir, 'results');
    mkdirSync(cache);
    const result = { interfaces: [{ name: 'eth0', mac, sandbox: pod.path }] };
    writeFileSync(join(cache, 'eninet-c1-eth0'), JSON.stringify(sampleCached({ result })));
    writeFileSync(join(cache, 'eninet-c2-eth0'), '');

    expect((await node.enim(['adopt'])).stdout).toContain('It is not clear whose');
    const { stdout, stderr } = await node.enim(['adopt', '--cache-dir', cache, '--yes']);
    expect(stdout).toMatch(/default\/web-0 +c1 +recorded .*a runtime says default\/web-0/);
    expect(stderr).toMatch(/^warning: .*eninet-c2-eth0 is no cached result/);
    expect(Object.values(node.state()?.attachments ?? {})).toMatchObject([{ network: 'eninet', uid: 'u-1' }]);
    expect(await node.enim(['del', 'default/web-0'])).toMatchObject({ code: 0 });
    expect(await node.kernelState()).toEqual(before);
  });

  it.each([['gc'], ['adopt', '--yes']])(
    'after ENIs have got other IDs knows a NIC by the one it has now: enim %s',
    async (...args) => {
      const before = await node.kernelState();
      const { mac } = await add(node, 'default/web-0', pod);
      rmSync(node.stateDir, { recursive: true });
      node.writeSettings(inventory(node.enis, ({ id }) => ({ id: `${id}-new` })));
      expect(await node.enim(args)).toMatchObject({ code: 0 });
      // A virtual device whose MAC is another has only its label left.
      await pod.run('ip', 'link', 'set', 'dev', 'eth0', 'address', '0a:00:00:00:00:01');
      expect((await list(node)).map(({ id, state }) => [id, state])).toContainEqual([`${node.eni(0).id}-new`, 'used']);
      expect(await node.enim(['del', 'default/web-0'])).toMatchObject({ code: 0 });
      expect((await node.links()).some(({ address }) => address === mac)).toBe(true);
      expect(await node.kernelState()).toEqual(before);
    },
  );

  it('has nothing to do on a node that is in order', async () => {
    await add(node, 'default/web-0', pod);
    expect((await node.enim(['adopt'])).stdout).toContain('Nothing to adopt');
    expectRefusal(await node.enim(['adopt', node.eni(1).id]), { code: 4, says: [node.eni(1).id] });
    expectRefusal(await node.enim(['adopt', '--owner', 'a/b']), { code: 2, says: ['--owner'] });
    const cache = join(node.dir, 'nowhere');
    expectRefusal(await node.enim(['adopt', '--cache-dir', cache]), { code: 4, says: [cache] });
  });

  it('does not end with 0 where it was to record an ENI, and nothing says whose that is', async () => {
    await add(node, 'default/web-0', pod, ['--eni', node.eni(0).id]);
    rmSync(node.stateDir, { recursive: true });
    await pod.run('ip', 'link', 'set', 'dev', 'eth0', 'alias', '');
    for (const named of [[], [node.eni(0).id]]) {
      const hint = `enim adopt ${node.eni(0).id} --owner NAMESPACE/NAME --yes`;
      const { code, stderr } = await node.enim(['adopt', ...named, '--yes']);
      expect({ code, stderr }).toEqual({ code: 6, stderr: expect.stringMatching(/^error: 1 ENI was not recorded/) });
      expect(stderr).toContain(hint);
    }
    expect(await node.enim(['adopt', node.eni(0).id, '--owner', 'ops/web', '--yes'])).toMatchObject({ code: 0 });
    expect(await node.enim(['del', 'ops/web'])).toMatchObject({ code: 0 });
  });

  it('names the command that records what was shown, with all that was said', async () => {
    await add(node, 'default/web-0', pod, ['--eni', node.eni(0).id]);
    rmSync(node.stateDir, { recursive: true });
    const { stdout } = await node.enim(['adopt', node.eni(0).id, '--owner', 'ops/web']);
    const again = `adopt ${node.eni(0).id} --owner ops/web --yes`;
    expect(stdout).toContain(`Nothing was written. To record it: enim ${again}\n`);
    expect(await node.enim(again.split(' '))).toMatchObject({ code: 0 });
    expect((await list(node))[0]).toMatchObject({ attachment: { owner: 'ops/web' } });
  });

  it('looks without an error at an ENI whose NIC cannot be told from another, and with --yes records the others and refuses', async () => {
    const [tied, clear] = [node.eni(0), node.eni(1)];
    await add(node, 'default/web-0', pod, ['--eni', tied.id]);
    await add(node, 'default/web-1', await node.pod('web-1'), ['--eni', clear.id]);
    await node.ip(`link add name twin address ${tied.mac} type veth peer name other`);
    rmSync(node.stateDir, { recursive: true });

    const alone = await expectUnchanged(node, () => node.enim(['adopt', tied.id]));
    expect({ ...alone, stdout: '' }).toMatchObject({ code: 0, stderr: '' });
    expect(alone.stdout).toMatch(/ unclear +several links have the MAC .*\nNothing was written\.\n$/);
    const { adoptions } = answer<{ adoptions: object[] }>(await node.enim(['adopt', '--json']));
    expect(adoptions).toMatchObject([
      { eni: tied.id, attachment: null },
      { eni: clear.id, error: null },
    ]);

    const { code, stderr } = await node.enim(['adopt', '--yes']);
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringMatching(/^error: 1 ENI was not recorded, for sev/),
    });
    expect(stderr).toContain(`enim where ${tied.mac}\n`);
    expect((await list(node)).map(({ state }) => state)).toEqual(['quarantined', 'used']);
    await node.ip('link del twin');
    expect(await node.enim(['adopt', '--yes'])).toMatchObject({ code: 0 });
  });
});
