import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { add, answer, gc, list, show } from '../fabric/answers.js';
import { expectKernelUnchanged, expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';

/** Reading and writing a process's own memory at address 0 is an EIO, as from a disk that fails. */
const FAILING = '/proc/self/mem';

/** Root may read everything; this root may not. */
const WITHOUT_PRIVILEGE = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];

describeEndToEnd('a state file', () => {
  let node: Node;
  let first: Pod;
  let second: Pod;

  beforeEach(async () => {
    node = await createNode();
    first = await node.pod('web-0');
    second = await node.pod('web-1');
    await add(node, 'default/web-0', first);
    await add(node, 'default/web-1', second);
  });

  afterEach(() => node.destroy());

  const damagedFiles = () => readdirSync(node.stateDir).filter((name) => name.startsWith('state.damaged-'));

  /** The steps of a command that write the state, and where it first has the kernel do something. */
  const traced = async (args: readonly string[]): Promise<string[]> => {
    const { stderr } = await node.enim(args, { env: { ENIM_FAILPOINT: 'trace' } });
    const steps = [...stderr.matchAll(/^failpoint \d+: (.*)$/gm)].map(([, step = '']) => step);
    const asked = steps.indexOf('ask the kernel');
    return steps.filter(
      (step, index) =>
        index === asked || (/^(written|renamed|fsynced) /.test(step) && /\/state(\.json(\.new)?)?$/.test(step)),
    );
  };

  describe.each([
    ['that is truncated', (good: string) => good.slice(0, good.length / 2)],
    ['that is empty', () => ''],
    ['that is garbage', () => '\u0000\u0001 no JSON'],
    ['that is JSON of another shape', () => '{"version":1,"generation":7,"attachments":[]}'],
    ['that has no version', () => '{"attachments":{}}'],
    ['that is zeros, as after a power failure', (good: string) => '\0'.repeat(good.length)],
  ])('%s', (_, damage) => {
    let damaged: string;

    beforeEach(() => {
      damaged = damage(readFileSync(node.stateFile, 'utf8'));
      node.writeState(damaged);
    });

    it('is kept aside and named; the command goes on with the last good one (multus-cni#948, #1087)', async () => {
      const { code, json, stderr } = await node.enim(['list', '--json']);

      expect(code).toBe(0);
      expect(json).toMatchObject({
        enis: [{ state: 'used', attachment: { owner: 'default/web-0' } }, { state: 'used' }, { state: 'free' }],
      });
      expect(damagedFiles()).toHaveLength(1);
      const [aside = ''] = damagedFiles();
      expect(stderr).toContain(aside);
      expect(readFileSync(join(node.stateDir, aside), 'utf8')).toBe(damaged);
    });

    it('loses no attachment: no ENI in use is given out, and all come home (multus-cni#355)', async () => {
      const third = await node.pod('web-2');

      expect((await add(node, 'default/web-2', third)).eni.id).toBe(node.eni(2).id);
      for (const index of [0, 1, 2]) {
        answer(await node.enim(['del', `default/web-${index}`, '--container-id', `web-${index}`, '--json']));
      }
      expect((await list(node)).map(({ state }) => state)).toEqual(['free', 'free', 'free']);
      for (const { ifname, mac } of node.enis) expect(await node.link(ifname)).toMatchObject({ address: mac });
    });
  });

  it('has what is intended on the disk, content before name, before the kernel is asked (azure-container-networking#762, #763)', async () => {
    const file = node.stateFile;
    const visible = [`written ${file}.new`, `renamed ${file}`];
    const durable = [`written ${file}.new`, `fsynced ${file}.new`, `renamed ${file}`, `fsynced ${node.stateDir}`];
    const pod = await node.pod('web-2');

    const added = await traced(['add', 'default/web-2', '--netns', pod.path]);
    expect(added).toEqual([...visible, ...durable, 'ask the kernel', ...visible]);
    const deleted = await traced(['del', 'default/web-2']);
    expect(deleted).toEqual([...durable, 'ask the kernel', ...visible]);
  });

  it('that is damaged is set aside once, not with every command', async () => {
    node.writeState('{');
    await list(node);
    const { stderr } = await node.enim(['list', '--json']);

    expect(damagedFiles()).toHaveLength(1);
    expect(stderr).toBe('');
  });

  it('that is damaged together with the one before it loses no NIC', async () => {
    node.writeState('{');
    writeFileSync(join(node.stateDir, 'state.previous.json'), '{');
    const third = await node.pod('web-2');

    expect((await add(node, 'default/web-2', third)).eni.id).toBe(node.eni(2).id);
    expect(await first.link('eth0')).toMatchObject({ address: node.eni(0).mac });
    expect(await second.link('eth0')).toMatchObject({ address: node.eni(1).mac });
  });

  it('that was lost altogether is made again from what the NICs say', async () => {
    for (const name of readdirSync(node.stateDir)) rmSync(join(node.stateDir, name));
    await gc(node);

    expect(await first.link('eth0')).toMatchObject({ address: node.eni(0).mac });
    expect(await show(node, node.eni(0))).toMatchObject({
      state: 'used',
      attachment: { owner: 'default/web-0', containerID: 'web-0' },
    });
    answer(await node.enim(['del', 'default/web-0', '--json']));
    expect(await node.link('eni0')).toMatchObject({ address: node.eni(0).mac });
  });

  it('that is one write behind the kernel loses no NIC', async () => {
    const behind = readFileSync(node.stateFile, 'utf8');
    const third = await node.pod('web-2');
    await add(node, 'default/web-2', third);
    node.writeState(behind);

    await gc(node);
    expect(await third.link('eth0')).toMatchObject({ address: node.eni(2).mac });
    expectRefusal(await node.enim(['add', 'default/web-3', '--netns', (await node.pod('web-3')).path]), { code: 3 });
    answer(await node.enim(['del', 'default/web-2', '--container-id', 'web-2', '--netns', third.path, '--json']));
    expect(await node.link('eni2')).toMatchObject({ address: node.eni(2).mac });
  });

  const commands = () =>
    [
      ['add', 'default/web-2', '--netns', second.path, '--ifname', 'net1'],
      ['del', 'default/web-0'],
      ['gc', '--grace', '0s'],
      ['list'],
      ['provider', 'allocate', 'ops/reserve'],
    ] as const;

  describe('of a newer version', () => {
    it.each([0, 1, 2, 3, 4])('is refused, with its version, and stays as it is (%#)', async (index) => {
      node.writeState({ version: 99, generation: 7, attachments: {}, allocations: {} });

      const result = await expectUnchanged(node, () => node.enim(commands()[index] ?? []));
      expectRefusal(result, { code: 1, says: ['version 99', node.stateFile] });
    });
  });

  describe('that the disk cannot read (EIO)', () => {
    it.each([0, 1, 2, 3, 4])('stops every command, names the file, and no NIC is touched (%#)', async (index) => {
      renameSync(node.stateFile, `${node.stateFile}.aside`);
      symlinkSync(FAILING, node.stateFile);

      const result = await expectKernelUnchanged(node, () => node.enim(commands()[index] ?? []));
      expectRefusal(result, { code: 1, says: [node.stateFile, 'cannot be read (EIO)'] });
      renameSync(`${node.stateFile}.aside`, node.stateFile);
      expect((await list(node)).map(({ state }) => state)).toEqual(['used', 'used', 'free']);
    });
  });

  describe('that the disk cannot write (EIO)', () => {
    it.each([
      ['add', () => ['add', 'default/web-2', '--netns', second.path, '--ifname', 'net1']],
      ['del', () => ['del', 'default/web-0']],
      ['provider allocate', () => ['provider', 'allocate', 'ops/reserve']],
    ])('lets %s fail and name it; nothing is given out or taken, until it is mended', async (_, args) => {
      const before = node.state();
      symlinkSync(FAILING, `${node.stateFile}.new`);

      const result = await expectKernelUnchanged(node, () => node.enim(args()));
      expectRefusal(result, { code: 1, says: [node.stateFile, /disk reports an error \(EIO\)/], mentions: ['dmesg'] });
      expect(node.state()).toEqual(before);
      expect(await node.enim(args())).toMatchObject({ code: 0 });
    });
  });

  it('whose history the disk cannot write (EIO) is what counts: the NIC moves, and a warning says so', async () => {
    const history = join(node.stateDir, 'history.log');
    rmSync(history);
    symlinkSync(FAILING, history);

    const { code, stderr } = await node.enim(['del', 'default/web-0']);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/history \S+ cannot be written \(EIO\)/)]);
    expect(await node.link('eni0')).toMatchObject({ address: node.eni(0).mac });
  });

  describe('that cannot be read', () => {
    it.each([0, 1, 2, 3, 4])('stops every command, names the file, and stays as it is (%#)', async (index) => {
      await node.start(['chmod', '000', node.stateFile]).result;

      const result = await expectUnchanged(node, () => node.enim(commands()[index] ?? [], { via: WITHOUT_PRIVILEGE }));
      expectRefusal(result, { code: 1, says: [node.stateFile] });
    });

    it('because it is a directory is no reason to start afresh', async () => {
      rmSync(node.stateFile);
      mkdirSync(node.stateFile);

      const result = await expectUnchanged(node, () => node.enim(['del', 'default/web-0']));
      expectRefusal(result, { code: 1, says: [node.stateFile] });
    });
  });
});

describeEndToEnd('a state directory', () => {
  let node: Node;
  let pod: Pod;

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
    await node.mountStateDir('256k');
  });

  afterEach(() => node.destroy());

  const remount = (mode: 'ro' | 'rw') => node.start(['mount', '-o', `remount,${mode}`, node.stateDir]).result;
  const fillDisk = async (): Promise<void> => {
    const { code } = await node.start(['dd', 'if=/dev/zero', `of=${join(node.stateDir, 'ballast')}`, 'bs=4k']).result;
    expect(code).toBe(1);
  };
  const addArgs = () => ['add', 'default/web-1', '--netns', pod.path, '--container-id', 'c1', '--ifname', 'net1'];

  describe.each([
    ['on a read-only file system', () => remount('ro'), () => remount('rw'), /read-only/],
    ['on a full disk', () => fillDisk(), async () => rmSync(join(node.stateDir, 'ballast')), /full|no space/i],
  ] as const)('%s', (_, breakIt, mendIt, why) => {
    it('keeps add from taking the NIC from home', async () => {
      await add(node, 'default/web-0', pod);
      await breakIt();

      const result = await expectUnchanged(node, () => node.enim(addArgs()));
      expectRefusal(result, { code: 1, says: [node.stateDir, why] });
    });

    it('keeps the very first add from taking the NIC from home', async () => {
      await breakIt();

      const result = await expectUnchanged(node, () => node.enim(addArgs()));
      expectRefusal(result, { code: 1, says: [node.stateDir, why] });
    });

    it('keeps del from touching the NIC, which comes home once it is mended', async () => {
      const before = await node.kernelState();
      await add(node, 'default/web-0', pod);
      await breakIt();

      const result = await expectUnchanged(node, () => node.enim(['del', 'default/web-0']));
      expectRefusal(result, { code: 1, says: [node.stateDir, why] });
      await mendIt();
      answer(await node.enim(['del', 'default/web-0', '--json']));
      expect(await node.kernelState()).toEqual(before);
    });

    it('keeps gc from reclaiming, until it is mended', async () => {
      await add(node, 'default/web-0', pod);
      await node.simulateCardReturn(pod, 'eth0');
      await breakIt();

      const result = await expectUnchanged(node, () => node.enim(['gc', '--grace', '0s']));
      expect(result.code).toBe(1);
      expect(result.stderr).toMatch(why);
      await mendIt();
      await gc(node);
      expect(await show(node, node.eni(0))).toMatchObject({ state: 'free', link: { name: 'eni0' } });
    });

    it('can still be listed', async () => {
      await add(node, 'default/web-0', pod);
      await breakIt();

      expect((await list(node)).map(({ state }) => state)).toEqual(['used', 'free', 'free']);
    });
  });

  it('on a disk that fills up between two writes loses nothing', async () => {
    const before = await node.kernelState();
    await add(node, 'default/web-0', pod);
    await fillDisk();
    // Room for one page, which the next write may or may not need more of.
    await node.start(['truncate', '-s', '-4096', join(node.stateDir, 'ballast')]).result;
    const { code } = await node.enim(['del', 'default/web-0']);
    rmSync(join(node.stateDir, 'ballast'));

    expect([0, 1]).toContain(code);
    answer(await node.enim(['del', 'default/web-0', '--json']));
    expect(await node.kernelState()).toEqual(before);
    expect(node.state()?.attachments).toEqual({});
  });
});
