import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { add, eniOf, show } from '../fabric/answers.js';
import { errorOf, NETWORK } from '../fabric/cni.js';
import { expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';

describeEndToEnd('a NIC without a carrier', () => {
  let node: Node;
  let pod: Pod;
  beforeEach(async () => {
    node = await createNode({ enis: 2 });
    pod = await node.pod('web-0');
  });
  afterEach(() => node.destroy());

  const otherEnd = (state: 'up' | 'down') =>
    node.start(['ip', '-n', node.fabric, 'link', 'set', 'dev', 'peer-eni0', state]).result;

  it('is passed over, refused by name, and given out again once it has one', async () => {
    await node.ip('link set dev eni0 up');
    await otherEnd('down');

    expect(await show(node, node.eni(0))).toMatchObject({
      state: 'quarantined',
      note: expect.stringContaining('eni0 is up, but has no carrier'),
    });
    const named = ['add', 'default/web-0', '--netns', pod.path, '--eni', node.eni(0).id];
    const refused = await expectUnchanged(node, () => node.enim(named));
    expectRefusal(refused, { code: 6, says: ['no carrier'], mentions: ['--force'] });
    expect(eniOf(node, await add(node, 'default/web-0', pod))).toBe(node.eni(1));

    await otherEnd('up');
    expect(await show(node, node.eni(0))).toMatchObject({ state: 'free' });
    expect(eniOf(node, await add(node, 'default/web-1', await node.pod('web-1')))).toBe(node.eni(0));
  });

  it('is refused to a runtime with code 103 where no other is left, and the reason', async () => {
    await add(node, 'default/web-1', await node.pod('web-1'), ['--eni', node.eni(1).id]);
    await node.ip('link set dev eni0 up');
    await otherEnd('down');

    const { code, details } = await errorOf(node, 'ADD', { netns: pod.path, network: NETWORK });
    expect([code, details]).toEqual([103, expect.stringContaining('eni0 is up, but has no carrier')]);
  });

  it('that is down at home says nothing of it: the add succeeds, and the list tells', async () => {
    await otherEnd('down');
    await add(node, 'default/web-0', pod, ['--eni', node.eni(0).id]);

    expect(await show(node, node.eni(0))).toMatchObject({ state: 'used', note: 'its NIC has no carrier' });
    await otherEnd('up');
    expect(await show(node, node.eni(0))).toMatchObject({ state: 'used', note: null });
  });
});
