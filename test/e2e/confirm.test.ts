import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { add } from '../fabric/answers.js';
import type { EnimResult } from '../fabric/executable.js';
import { expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { createNode, type Node } from '../fabric/node.js';
import { describeEndToEnd, programFault } from '../fabric/requirements.js';

describeEndToEnd('what asks before it does what cannot be taken back', () => {
  let node: Node;

  beforeEach(async () => {
    node = await createNode({ enis: 1 });
    await add(node, 'default/web-0', await node.pod('web-0'));
  });

  afterEach(() => node.destroy());

  /** On a terminal, where somebody types this, after something else has been done. */
  const typing = (keys: string, line: string, meanwhile = 'true'): Promise<EnimResult> => {
    const command = `(sleep 1; ${meanwhile} >&2; printf '${keys}'; sleep 1) | script -qec "$LINE" /dev/null`;
    return node.start(['sh', '-c', command], { env: { LINE: line } }).result;
  };

  it('del --force-rebind without a terminal refuses, and with --yes goes on', async () => {
    const args = ['del', 'default/web-0', '--force-rebind'];
    await expectUnchanged(node, async () => {
      expectRefusal(await node.enim(args), { code: 6, says: ['default/web-0'], mentions: ['--yes'] });
    });
    expect((await node.enim([...args, '--yes'])).code).toBe(0);
  });

  it.each([
    ['n\\r', 6, true],
    ['y\\r', 0, false],
  ])('del --force-rebind on a terminal takes %j for an answer', async (keys, code, isHeld) => {
    const result = await typing(keys, 'enim del default/web-0 --force-rebind');
    expect(result.code).toBe(code);
    expect(result.stdout.replaceAll(/\s+/g, ' ')).toContain('the NIC of default/web-0 loses it. Go on? [y/N]');
    expect(Object.keys(node.state()?.attachments ?? {}).length > 0).toBe(isHeld);
  });

  it.each([
    ['n\\r', 6, true],
    ['y\\r', 0, false],
  ])('uninstall asks on a terminal, and takes %j for an answer', async (keys, code, isThere) => {
    await node.enim(['del', 'default/web-0']);
    const places = `--bin-dir ${node.dir}/bin --conf-dir ${node.dir}/net.d --root ${node.dir}`;
    expect((await node.enim(['install', ...places.split(' ')])).code).toBe(0);
    const result = await typing(keys, `enim uninstall ${places}`);
    expect(result.code).toBe(code);
    expect(existsSync(join(node.dir, 'bin/enim'))).toBe(isThere);
  });

  it('provider init writes nothing where an ENI that it would drop was given out while it asked', async () => {
    expect((await node.enim(['del', 'default/web-0'])).code).toBe(0);
    await node.ip('link add other type veth peer name end');
    const give = `enim add default/web-1 --netns ${(await node.pod('web-1')).path}`;
    const result = await typing('y\\r', 'enim provider init --name other --force', give);
    expect([result.code, result.stdout]).toEqual([5, expect.stringContaining('Meanwhile')]);
    expect((await node.enim(['config', 'get', 'static'])).stdout).toContain(node.eni(0).mac);
  });

  it('adopt asks on a terminal whether it is to record what it has found', async () => {
    rmSync(node.stateDir, { recursive: true });
    const { code, stdout } = await typing('y\\r', 'enim adopt');
    expect([code, stdout]).toEqual([0, expect.stringContaining('Record 1 ENI? [y/N]')]);
    expect(Object.keys(node.state()?.attachments ?? {})).toHaveLength(1);
  });
}, [programFault('script')]);
