import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { run } from '../fabric/exec.js';
import { expectRefusal } from '../fabric/expectations.js';
import { createNode, type Node } from '../fabric/node.js';
import { describeEndToEnd, EXECUTABLE } from '../fabric/requirements.js';

interface Installed {
  readonly changes: readonly { readonly path: string; readonly action: string }[];
}

describeEndToEnd('enim install', () => {
  let node: Node;
  let root: string;
  let places: readonly string[];
  beforeEach(async () => {
    node = await createNode({ enis: 1 });
    root = join(node.dir, 'root');
    places = ['--bin-dir', `${root}/bin`, '--conf-dir', `${root}/net.d`, '--root', root];
  });
  afterEach(() => node.destroy());

  const install = (...flags: readonly string[]) => node.enim(['install', ...places, ...flags]);
  const actions = (json: unknown): string[] => (json as Installed).changes.map(({ action }) => action);

  it('installs a plugin that a runtime can call, with the configuration that it reads', async () => {
    expect(await install()).toMatchObject({ code: 0 });
    expect(statSync(`${root}/bin/enim`).mode & 0o777).toBe(0o755);
    expect(statSync(`${root}/net.d/10-enim.conflist`).mode & 0o777).toBe(0o644);
    const { plugins, ...list } = JSON.parse(readFileSync(`${root}/net.d/10-enim.conflist`, 'utf8'));
    const pod = await node.pod('web-0');
    const env = { ...call('ADD', pod.path), ...node.env };
    const result = await run('nsenter', [`--net=/run/netns/${node.netns}`, `${root}/bin/enim`], {
      env,
      input: JSON.stringify({ ...list, ...plugins[0] }),
    });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(result.stdout)).toMatchObject({ cniVersion: '1.0.0', ips: [{}, {}] });
  });

  it('changes nothing the second time', async () => {
    await install('--unmanaged');
    const { json } = await install('--unmanaged', '--json');
    expect(new Set(actions(json))).toEqual(new Set(['keep']));
  });

  it('replaces the executable while it runs', async () => {
    mkdirSync(`${root}/bin`, { recursive: true });
    copyFileSync('/bin/sleep', `${root}/bin/enim`);
    const running = node.start([`${root}/bin/enim`, '60']);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expectRefusal(await install(), { code: 6, says: ['is no enim'], mentions: ['--force'] });
    expect(await install('--force')).toMatchObject({ code: 0 });
    expect(readFileSync(`${root}/bin/enim`).equals(readFileSync(EXECUTABLE))).toBe(true);
    running.kill('SIGKILL');
    await running.result;
  });

  it('says on a full disk what to do, and leaves no half a file', async () => {
    mkdirSync(`${root}/bin`, { recursive: true });
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'enimtest', `${root}/bin`]);
    try {
      expectRefusal(await install(), { code: 1, says: ['the disk is full', `${root}/bin/enim`] });
      expect(readdirSync(`${root}/bin`)).toEqual([]);
      expect(existsSync(`${root}/net.d`)).toBe(false);
    } finally {
      await run('umount', ['-l', `${root}/bin`]);
    }
  });

  it('says on a read-only file system what to do', async () => {
    mkdirSync(`${root}/bin`, { recursive: true });
    await run('mount', ['-t', 'tmpfs', '-o', 'ro', 'enimtest', `${root}/bin`]);
    try {
      expectRefusal(await install(), { code: 1, says: ['read-only'] });
    } finally {
      await run('umount', ['-l', `${root}/bin`]);
    }
  });

  it('says where there can be no directory that another one is to be named', async () => {
    const impossible = ['--bin-dir', '/proc/nowhere/bin', '--conf-dir', `${root}/net.d`];
    expectRefusal(await node.enim(['install', ...impossible]), {
      ...{ code: 1, says: ['no directory can be made there (ENOENT)'], mentions: ['name another directory'] },
    });
  });

  it('never shows half a file under its name, whenever it is killed', async () => {
    const whole = readFileSync(EXECUTABLE);
    for (const delay of [40, 80, 120, 160, 200]) {
      rmSync(root, { recursive: true, force: true });
      const running = node.startEnim(['install', ...places]);
      await new Promise((resolve) => setTimeout(resolve, delay));
      running.kill('SIGKILL');
      await running.result;
      if (existsSync(`${root}/bin/enim`)) expect(readFileSync(`${root}/bin/enim`).equals(whole)).toBe(true);
      if (existsSync(`${root}/net.d/10-enim.conflist`))
        expect(() => JSON.parse(readFileSync(`${root}/net.d/10-enim.conflist`, 'utf8'))).not.toThrow();
    }
    expect(await install()).toMatchObject({ code: 0 });
    expect(readdirSync(`${root}/bin`)).toEqual(['enim']);
  });

  it('shows runtimes the old configuration or the new one, whole, at whatever step it is killed (amazon-vpc-cni-k8s#1437)', async () => {
    const conflist = `${root}/net.d/10-enim.conflist`;
    const change = (failpoint: string) =>
      node.enim(['install', ...places, '--network', 'other', '--force'], { env: { ENIM_FAILPOINT: failpoint } });
    await install();
    const old = readFileSync(conflist, 'utf8');
    const steps = Number(/failpoint: (\d+) steps/.exec((await change('count')).stderr)?.[1]);
    const fresh = readFileSync(conflist, 'utf8');
    expect(new Set([old, fresh]).size).toBe(2);

    const seen = new Set<string>();
    for (let step = 1; step <= steps; step += 1) {
      writeFileSync(conflist, old);
      expect(await change(String(step))).toMatchObject({ signal: 'SIGKILL' });
      seen.add(readFileSync(conflist, 'utf8'));
    }
    expect(seen).toEqual(new Set([old, fresh]));
  });

  it('refuses a configuration that is somebody else’s, and a file name that leads elsewhere', async () => {
    mkdirSync(`${root}/net.d`, { recursive: true });
    writeFileSync(`${root}/net.d/10-enim.conflist`, '{"plugins":[{"type":"bridge"}]}');
    expectRefusal(await install(), { code: 6, says: ['is there already'], mentions: ['--force'] });
    expectRefusal(await install('--conf-name', '../x.conflist'), { code: 2, says: ['--conf-name'] });
    expectRefusal(await install('--network', 'a b', '--force'), { code: 2, says: ['network name is "a b"'] });
    expectRefusal(await install('--network', 'enim', '--force'), {
      code: 2,
      says: ['"enim", the name of attachments'],
    });
    expectRefusal(await install('--network', 'by-hand'), { code: 2, says: ['"by-hand", the name of attachments'] });
    expect(existsSync(`${root}/bin`)).toBe(false);
  });

  it('is undone by uninstall, which refuses while a pod has an ENI', async () => {
    await install('--unmanaged');
    const pod = await node.pod('web-0');
    await node.enim(['add', 'default/web-0', '--netns', pod.netns]);
    const uninstall = (...flags: readonly string[]) => node.enim(['uninstall', ...places, ...flags]);
    expectRefusal(await uninstall(), { code: 6, says: ['1 ENI is attached'], mentions: [/default\/web-0 \(eni-/] });
    rmSync(node.stateDir, { recursive: true });
    expectRefusal(await uninstall(), { code: 6, says: ['1 ENI is attached'], mentions: ['nothing is recorded, in '] });
    await node.enim(['gc', '--grace', '50ms']);
    expect(existsSync(`${root}/bin/enim`)).toBe(true);
    await node.enim(['del', 'default/web-0']);
    const { json } = await uninstall('--json');
    expect(new Set(actions(json))).toEqual(new Set(['remove']));
    expect(await uninstall()).toMatchObject({ code: 0 });
    expect(node.state()).toBeDefined();
  });
});

function call(command: string, netns: string): Record<string, string> {
  return { CNI_COMMAND: command, CNI_CONTAINERID: 'c1', CNI_NETNS: netns, CNI_IFNAME: 'eth0', CNI_PATH: '/nowhere' };
}
