import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { add, answer } from '../fabric/answers.js';
import { expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { createNode, type Node, type StateFile } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { eventually } from '../fabric/poll.js';
import { describeEndToEnd } from '../fabric/requirements.js';

/** The kernels that tests run on need not have dummies. */
const VETH = ['type', 'veth', 'peer', 'name', 'peer0'];

interface Process {
  readonly pid: number;
  readonly command: string;
}

interface NicAnswer {
  readonly eni: string | null;
  readonly mac: string | null;
  readonly busAddress: string | null;
  readonly pciAddress: string | null;
  readonly driver: string | null;
  readonly at: 'home' | 'netns' | 'unreachable' | 'nowhere';
  readonly link: { readonly name: string; readonly ifindex: number; readonly up: boolean } | null;
  readonly netns: {
    readonly inode: number;
    readonly paths: readonly { readonly path: string; readonly deleted: boolean }[];
    readonly processes: readonly Process[];
    readonly descriptors: readonly (Process & { readonly fd: number })[];
  } | null;
  readonly record: Readonly<Record<string, unknown>> | null;
  readonly label: Readonly<Record<string, unknown>> | null;
  readonly note: string | null;
  readonly next: string | null;
}

describeEndToEnd('enim where', () => {
  let node: Node;
  let pod: Pod;
  let pods: Pod[];

  beforeEach(async () => {
    node = await createNode();
    pods = [];
    pod = await newPod('web-0');
  });

  afterEach(() => node.destroy());

  const all = async (word: string): Promise<readonly NicAnswer[]> => {
    const { asked, nics } = answer<{ asked: string; nics: NicAnswer[] }>(await node.enim(['where', word, '--json']));
    expect(asked).toBe(word);
    return nics.filter(isOurs);
  };

  /** A name may be found in the netns of tests that run at the same time, too. */
  const isOurs = ({ at, eni, netns }: NicAnswer): boolean =>
    at === 'home' || eni !== null || pods.some(({ inode }) => inode === netns?.inode);

  const newPod = async (name: string): Promise<Pod> => {
    const made = await node.pod(name);
    pods.push(made);
    return made;
  };

  const only = async (word: string): Promise<NicAnswer> => {
    const nics = await all(word);
    expect(nics).toHaveLength(1);
    return nics[0] as NicAnswer;
  };

  const page = async (word: string): Promise<string> => {
    const { code, stdout, stderr } = await node.enim(['where', word]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };

  /** What a shell answers to the command that a page ends with. */
  const paste = async (command: string | null): Promise<number | null> =>
    (await node.start(['bash', '-c', command ?? 'exit 99']).result).code;

  it('finds a NIC at home, by ID, MAC in any spelling, and name', async () => {
    const { id, mac } = node.eni(0);
    const link = await node.link('eni0');

    const found = await only(id);
    expect(found).toEqual({
      ...{ eni: id, mac, busAddress: null, pciAddress: null, driver: 'veth', at: 'home' },
      link: { name: 'eni0', ifindex: link?.ifindex, up: false },
      ...{ netns: null, record: null, label: null, note: null, next: null },
    });
    for (const word of [mac.toUpperCase(), mac.replaceAll(':', '-'), mac.replaceAll(':', ''), 'eni0']) {
      expect(await only(word)).toEqual(found);
    }
    expect(await page(id)).toBe(`${id} (${mac}, veth) is at home as eni0\n  record  none\n`);
  });

  it('finds a NIC in a pod by the name of its netns, and says what brings it home', async () => {
    const { eni } = await add(node, 'default/web-0', pod);

    const found = await only(eni.id);
    expect(found).toMatchObject({
      ...{ eni: eni.id, mac: eni.mac, at: 'netns', note: null },
      link: { name: 'eth0', up: true },
      netns: {
        inode: pod.inode,
        paths: [{ path: pod.path, deleted: false }],
        processes: [],
        descriptors: [],
      },
      record: {
        ...{ owner: 'default/web-0', containerID: 'web-0', ifname: 'eth0', network: 'enim', phase: 'attached' },
        netns: { path: pod.path, inode: pod.inode },
        since: eni.attachment?.since,
      },
      label: { eni: eni.id, home: 'eni0', endpoint: { owner: 'default/web-0' } },
      next: 'enim del default/web-0 --container-id web-0',
    });
    expect(await page(eni.id)).toMatch(
      new RegExp(
        [
          `^${eni.id} \\(${eni.mac}, veth\\) is in network namespace ${pod.inode} as eth0`,
          ' {2}held by +no process and no descriptor',
          ` {2}path +${pod.path}`,
          ' {2}record +default/web-0, container web-0, network enim, attached since \\d+s',
          ' {2}bring it home: enim del default/web-0 --container-id web-0\n$',
        ].join('\n'),
      ),
    );
    expect(await paste(found.next)).toBe(0);
    expect(await only(eni.id)).toMatchObject({ at: 'home', record: null, label: null });
  });

  it('names the processes in the netns and the descriptors that have it open', async () => {
    const { eni } = await add(node, 'default/web-0', pod);
    const inside = await pod.holdByProcess();
    const outside = await pod.holdByDescriptor();

    const { netns } = await only(eni.id);
    expect(netns?.processes).toEqual([{ pid: inside.pid, command: 'sleep' }]);
    expect(netns?.descriptors).toContainEqual({ pid: outside.pid, command: 'sleep', fd: 7 });
    expect(await page(eni.id)).toContain(`descriptor 7 of pid ${outside.pid} (sleep)`);
  });

  it('finds a NIC in a netns whose name is deleted, by a process in it', async () => {
    const { eni } = await add(node, 'default/web-0', pod);
    const { pid } = await pod.holdByProcess();
    await pod.unmount();

    expect(await only(eni.id)).toMatchObject({
      at: 'netns',
      netns: { inode: pod.inode, paths: [{ path: pod.path, deleted: true }], processes: [{ pid, command: 'sleep' }] },
    });
    expect(await page(eni.id)).toContain(`${pod.path} (deleted)`);
  });

  it('finds a NIC in a netns that only a descriptor holds (sriov-cni#349)', async () => {
    const { eni } = await add(node, 'default/web-0', pod);
    const { pid } = await pod.holdByDescriptor();
    await pod.unmount();

    expect(await only(eni.mac)).toMatchObject({
      ...{ eni: eni.id, at: 'netns' },
      netns: { inode: pod.inode, processes: [], descriptors: [{ pid, command: 'sleep', fd: 7 }] },
      record: { owner: 'default/web-0' },
    });
  });

  it.each([
    ['names no enim that only looks into the netns', '0.5', false],
    ['names an enim that does not come out of the netns again', '30', true],
  ])('%s', async (_, seconds, isNamed) => {
    const { eni } = await add(node, 'default/web-0', pod);
    copyFileSync('/usr/bin/sleep', join(node.dir, 'enim'));
    chmodSync(join(node.dir, 'enim'), 0o755);
    const visitor = node.start(['sh', '-c', `exec 7<${pod.path}; exec ${node.dir}/enim ${seconds}`]);
    try {
      await eventually('that it looks', () => readFileSync(`/proc/${visitor.pid}/comm`, 'utf8') === 'enim\n');
      const { netns } = await only(eni.id);
      expect(netns?.descriptors).toEqual(isNamed ? [{ pid: visitor.pid, command: 'enim', fd: 7 }] : []);
    } finally {
      visitor.kill('SIGKILL');
      await visitor.result;
    }
  });

  it('finds a NIC in a netns that only a mount namespace of others holds (sriov-cni#349)', async () => {
    const { eni } = await add(node, 'default/web-0', pod);
    const mount = `touch ${node.dir}/kept && mount --bind ${pod.path} ${node.dir}/kept && echo ready && exec sleep 3600`;
    const holder = node.start(['unshare', '-m', '--propagation', 'private', 'sh', '-c', mount]);
    try {
      const other = `/proc/${holder.pid}/root${node.dir}/kept`;
      await eventually('that the netns is mounted elsewhere', async () =>
        (await only(eni.id)).netns?.paths.some(({ path }) => path === other),
      );
      await pod.unmount();
      expect(await only(eni.id)).toMatchObject({
        at: 'netns',
        netns: { inode: pod.inode, paths: expect.arrayContaining([{ path: other, deleted: false }]) },
      });
    } finally {
      holder.kill('SIGKILL');
      await holder.result;
    }
  });

  it('finds a NIC that the pod has renamed, by its ID, its new name and its name at home (plugins#773)', async () => {
    const { eni } = await add(node, 'default/web-0', pod);
    await pod.ip('link set dev eth0 down', 'link set dev eth0 name mine0');

    for (const word of [eni.id, 'mine0', 'eni0']) {
      expect(await only(word)).toMatchObject({
        eni: eni.id,
        link: { name: 'mine0', up: false },
        netns: { inode: pod.inode },
      });
    }
  });

  it('finds a NIC whose MAC the pod has changed, by either', async () => {
    const { eni } = await add(node, 'default/web-0', pod);
    await pod.ip('link set dev eth0 address 02:77:77:5e:9a:01');

    for (const word of [eni.id, '02-77-77-5e-9a-01', eni.mac]) {
      expect(await only(word)).toMatchObject({ eni: eni.id, at: 'netns', record: { owner: 'default/web-0' } });
    }
  });

  it('shows all ENIs of an owner', async () => {
    const second = await newPod('web-0b');
    const adds = [await add(node, 'default/web-0', pod), await add(node, 'default/web-0', second)];

    const nics = await all('default/web-0');
    expect(nics.map(({ eni }) => eni)).toEqual(adds.map(({ eni }) => eni.id));
    expect(nics.map(({ netns }) => netns?.inode)).toEqual([pod.inode, second.inode]);
    expect((await page('default/web-0')).match(/ as eth0$/gm)?.length).toBe(2);
  });

  it('shows both links of one name in two pods', async () => {
    const second = await newPod('db-0');
    await add(node, 'default/web-0', pod);
    await add(node, 'default/db-0', second);
    await node.ip('link add name eth0 type veth peer name peer0');

    expect((await all('eth0')).map(({ at, netns }) => [at, netns?.inode])).toEqual(
      expect.arrayContaining([
        ['home', undefined],
        ['netns', pod.inode],
        ['netns', second.inode],
      ]),
    );
  });

  it('finds a NIC that is no ENI, by name and by MAC, and says how to look at it', async () => {
    await pod.ip('link add name foreign0 address 02:66:66:5e:9a:01 type veth peer name peer0');

    const found = await only('foreign0');
    expect(found).toMatchObject({
      ...{ eni: null, mac: '02:66:66:5e:9a:01', driver: 'veth', at: 'netns', record: null },
      next: `nsenter --net=${pod.path} ip -d address show dev foreign0`,
    });
    // An enim of another test may look into it at one moment, and have it open.
    const netns = expect.objectContaining({ inode: pod.inode, paths: found.netns?.paths });
    expect(await only('0266665e9a01')).toEqual({ ...found, netns });
    expect(await paste(found.next)).toBe(0);
    expect(await page('foreign0')).toMatch(
      /^foreign0 \(02:66:66:5e:9a:01, veth\) is in network namespace \d+ as foreign0\n/,
    );
  });

  it('says what the label of a NIC says when its record is lost', async () => {
    const { eni } = await add(node, 'default/web-0', pod);
    const { attachments, allocations, ...rest } = node.state() as StateFile;
    node.writeState({ ...rest, attachments: {}, allocations: {} });

    for (const word of [eni.id, 'default/web-0']) {
      expect(await only(word)).toMatchObject({
        ...{ eni: eni.id, record: null, label: { endpoint: { owner: 'default/web-0' } }, next: 'enim gc' },
        note: 'away from home without a record',
      });
    }
    expect(await page(eni.id)).toContain('none; its label says default/web-0, container web-0');
  });

  it('says that an ENI without a device is not on this machine, and whose it is', async () => {
    const { eni } = await add(node, 'default/web-0', pod);
    await pod.ip('link del dev eth0');

    expectRefusal(await node.enim(['where', eni.id]), {
      code: 4,
      says: [eni.id, 'is not on this machine'],
      mentions: ['default/web-0', 'Try: enim del default/web-0 --container-id web-0'],
    });
  });

  it.each([
    ['nosuch', '"nosuch" is not on this machine'],
    ['02:99:99:99:99:99', 'No NIC on this machine has the MAC 02:99:99:99:99:99'],
    ['ff:1f.7', 'Nothing is plugged in at 0000:ff:1f.7'],
    ['default/nobody', 'default/nobody holds no ENI'],
  ])('ends with 4 for %s, which is nowhere', async (word, says) => {
    expectRefusal(await node.enim(['where', word]), { code: 4, says: [says], mentions: ['Try: enim list'] });
    const { code, json } = await node.enim(['where', word, '--json']);
    expect([code, json]).toEqual([4, { error: expect.objectContaining({ code: 'NOT_THERE', exitCode: 4 }) }]);
  });

  it.each(['', 'a b', '\u001b[31m', '../../x'])('refuses %j, which nothing is called', async (word) => {
    expectRefusal(await node.enim(['where', word]), { code: 2, mentions: ['ENI ID'] });
  });

  it('shows control characters of interface names and commands, and does not obey them', async () => {
    const name = '\u001b[31mx';
    await pod.run('ip', 'link', 'add', 'name', name, 'address', '02:66:66:5e:9a:01', ...VETH);
    const holder = node.start([
      ...['nsenter', `--net=${pod.path}`, 'bash', '-c'],
      `mkfifo ${node.dir}/fifo; printf '\\e[2J\\tx' > /proc/$$/comm; read < ${node.dir}/fifo`,
    ]);
    try {
      let stdout = '';
      await eventually('that the process has its name', async () => {
        stdout = await page('02:66:66:5e:9a:01');
        return stdout.includes('[2J');
      });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what must not be there
      expect(stdout).not.toMatch(/[\u001b\r]/);
      expect(stdout).toContain('(\\u001b[2J\\tx)');
      expect(stdout).toContain('as \\u001b[31mx');
      const { link, netns, next } = await only('02:66:66:5e:9a:01');
      expect(link?.name).toBe(name);
      expect(netns?.processes.map(({ command }) => command)).toContain('\u001b[2J\tx');
      expect(await paste(next)).toBe(0);
    } finally {
      holder.kill('SIGKILL');
      await holder.result;
    }
  });

  it('changes nothing', async () => {
    await add(node, 'default/web-0', pod);

    await expectUnchanged(node, async () => {
      for (const word of [node.eni(0).id, 'eth0', 'default/web-0', 'eni1']) await all(word);
    });
  });

  it('works while another enim has the locks, and says where the NIC is at any moment of an add and a del', async () => {
    const { id } = node.eni(0);
    const script = `while enim add default/web-0 --netns ${pod.path} --eni ${id} && enim del default/web-0; do :; done`;
    const busy = node.start(['sh', '-c', script]);
    try {
      const places: string[] = [];
      for (let turn = 0; turn < 12; turn += 1) places.push((await only(id)).at);
      expect(places.filter((at) => at !== 'home' && at !== 'netns')).toEqual([]);
    } finally {
      busy.kill('SIGKILL');
      await busy.result;
    }
  });

  it('works while netns come and go', async () => {
    const names = [1, 2, 3, 4, 5, 6].map((number) => `${pod.netns}-${number}`).join(' ');
    const turn = `for n in ${names}; do ip netns add $n; done; for n in ${names}; do ip netns del $n; done`;
    const busy = node.start(['sh', '-c', `while [ ! -e ${node.dir}/stop ]; do ${turn}; done`]);
    try {
      for (let run = 0; run < 15; run += 1) expectRefusal(await node.enim(['where', 'nosuch']), { code: 4 });
    } finally {
      writeFileSync(`${node.dir}/stop`, '');
      await busy.result;
    }
  });

  it('finds a NIC by its ID although the settings no longer name it', async () => {
    const { eni } = await add(node, 'default/web-0', pod);
    writeFileSync(node.configFile, JSON.stringify({ static: { enis: [] } }));

    expect(await only(eni.id)).toMatchObject({ at: 'netns', record: { owner: 'default/web-0' } });
  });

  describe('two links that fit one ENI', () => {
    it('are both shown, and that they cannot be told apart', async () => {
      const { id, mac } = node.eni(0);
      await node.ip(`link add name twin0 address ${mac} type veth peer name peer0`);

      const nics = await all(id);
      expect(nics.map(({ link, note }) => [link?.name, note])).toEqual([
        ['eni0', expect.stringContaining('several links have the MAC')],
        ['twin0', expect.stringContaining('several links have the MAC')],
      ]);
    });
  });
});
