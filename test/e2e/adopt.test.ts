import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { add, list } from '../fabric/answers.js';
import { expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';

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

  it('has nothing to do on a node that is in order', async () => {
    await add(node, 'default/web-0', pod);
    expect((await node.enim(['adopt'])).stdout).toContain('Nothing to adopt');
    expectRefusal(await node.enim(['adopt', node.eni(1).id]), { code: 4, says: [node.eni(1).id] });
    expectRefusal(await node.enim(['adopt', '--owner', 'a/b']), { code: 2, says: ['--owner'] });
  });
});
