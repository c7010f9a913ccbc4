import { execFileSync } from 'node:child_process';
import { chownSync, copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from '@jest/globals';
import { pack, unpack } from '../../src/bundle/archive.js';
import { add, answer } from '../fabric/answers.js';
import type { EnimOptions } from '../fabric/executable.js';
import { expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { inventory } from '../fabric/inventory.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';

interface Made {
  readonly path: string;
  readonly bytes: number;
  readonly files: readonly string[];
  readonly missing: readonly { readonly part: string; readonly reason: string }[];
  readonly shortened: readonly string[];
  readonly problems: number | null;
  readonly warnings: number | null;
}

/** What may differ between two looks at one node: ages, what the clock shows, what went through the NICs, and which processes there are. */
const timeless = (text: string): string =>
  text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'WHEN')
    .replaceAll(/\b\d+(ms|s|m|h)\b/g, 'AGE')
    .replaceAll(/\d+ more(, .*)?$/gm, 'MORE')
    .replaceAll(/^ +(received|sent) .*$/gm, '$1 SOME')
    .replaceAll(/"(bytes|packets)": \d+/g, '"$1": SOME')
    .replaceAll(/ +/g, ' ');

describeEndToEnd('enim support-bundle', () => {
  let node: Node;
  let pod: Pod;
  let file: string;

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
    mkdirSync(node.stateDir, { mode: 0o700 });
    mkdirSync(node.runDir, { mode: 0o700 });
    mkdirSync(confDir());
    file = join(node.dir, 'b.tar.gz');
  });

  afterEach(() => node.destroy());

  const confDir = (): string => join(node.dir, 'net.d');

  const make = async (extra: readonly string[] = [], options: EnimOptions = {}): Promise<Made> =>
    answer<Made>(
      await node.enim(['support-bundle', '--file', file, '--conf-dir', confDir(), ...extra, '--json'], options),
    );

  /** Texts of the files in the bundle, by name. */
  const opened = async (): Promise<Map<string, string>> => {
    const { files } = await unpack('it', readFileSync(file));
    return new Map([...files].map(([name, content]) => [name, Buffer.from(content).toString('utf8')]));
  };

  /** What a command prints on the node, and what it prints from the bundle of it somewhere else. */
  const both = async (args: readonly string[]): Promise<void> => {
    const live = await node.enim(args);
    const elsewhere = {
      env: { ENIM_CONFIG: '/nonexistent', ENIM_STATE_DIR: '/nonexistent', ENIM_RUN_DIR: '/nonexistent' },
      via: ['unshare', '--net', '--mount', 'env', 'PATH=/nonexistent'],
    };
    const replayed = await node.enim([...args, '--from-bundle', file], elsewhere);
    expect({ args, code: replayed.code, out: timeless(replayed.stdout) }).toEqual({
      ...{ args, code: live.code, out: timeless(live.stdout) },
    });
    expect(timeless(replayed.stderr)).toBe(timeless(live.stderr));
  };

  const everything = (): readonly (readonly string[])[] => [
    ['list'],
    ['list', '-o', 'wide'],
    ['list', '--json'],
    ['list', '--all-nodes'],
    ...node.enis.flatMap(({ id, mac }) => [
      ['show', id, '--json'],
      ['where', mac, '--json'],
    ]),
    ['show', 'default/web-0'],
    ['where', 'default/web-0'],
    ['where', 'default/web-0', '--json'],
    ['where', 'nothing'],
    ['where', '0000:00:03.0'],
    ['where', '/'],
    ['doctor'],
    ['doctor', '--json'],
  ];

  describe('what list, show, where and doctor say from it', () => {
    it('is what they say on the node', async () => {
      await add(node, 'default/web-0', pod);
      await make();
      for (const args of everything()) await both(args);
    });

    it('has the traffic of the moment', async () => {
      await add(node, 'default/web-0', pod);
      const received = async (extra: readonly string[] = []): Promise<number> => {
        const [nic] = answer<{ nics: { traffic: { received: { bytes: number } } }[] }>(
          await node.enim(['show', 'default/web-0', '--json', ...extra]),
        ).nics;
        return nic?.traffic.received.bytes ?? Number.NaN;
      };
      const before = await received();
      await make();
      const after = await received();
      const then = await received(['--from-bundle', file]);
      expect([before <= then, then <= after]).toEqual([true, true]);
    });

    it('is so on a node that is not well', async () => {
      const other = await node.pod('web-1');
      await add(node, 'default/web-0', pod);
      await add(node, 'default/web-1', other, [], 'c1');
      await node.simulateCardReturn(other, 'eth0');
      await node.ip(`link del ${node.eni(2).ifname}`);
      await node.enim(['cordon', '--reason', 'kernel upgrade']);
      await make();
      for (const args of everything()) await both(args);
    });

    it('is so where names sound like secrets', async () => {
      const [first, second] = [node.eni(0), node.eni(1)];
      const named = inventory(node.enis, ({ id }) => ({ id: id === first.id ? 'eni-token' : `password.${id}` }));
      node.writeSettings({ ...named, network: 'secret-net' });
      await add(node, 'default/token', pod, [], 'credential');
      await node.enim(['provider', 'quarantine', `password.${second.id}`, '--reason', 'the token of it is odd']);
      await make();
      const looks = [
        ['show', 'eni-token', '--json'],
        ['show', 'default/token'],
        ['where', first.mac, '--json'],
      ];
      for (const args of [['list', '--json'], ['list', '-o', 'wide'], ...looks, ['doctor', '--json']]) await both(args);
      expect((await opened()).get('state/state.json')).toBe(readFileSync(node.stateFile, 'utf8'));
    });

    it('is so where the settings are wrong', async () => {
      await add(node, 'default/web-0', pod);
      node.writeSettings('{"provider": "moon"}');
      const { missing } = await make();
      expect(missing.map(({ part }) => part)).toEqual(['settings/effective.json', 'settings', 'provider.json']);
      const files = await opened();
      expect(JSON.parse(files.get('state/record.json') ?? '').history.value.events).toHaveLength(1);
      const inode = statSync(`/run/netns/${pod.netns}`).ino;
      expect(files.get(`kernel/netns/${inode}.json`)).toContain(node.eni(0).mac);
      expect(files.get('kernel/home.json')).toContain(node.eni(1).mac);
      for (const args of [['list'], ['show', 'eni0'], ['doctor', '--json']]) await both(args);
    });

    it('is so where the state is damaged, which nothing mends meanwhile', async () => {
      await add(node, 'default/web-0', pod);
      await node.enim(['provider', 'quarantine', node.eni(1).id, '--reason', 'odd']);
      writeFileSync(node.stateFile, '{"version": 3, "gener');
      await expectUnchanged(node, () => make());
      await both(['doctor', '--json']);
      const replayed = await node.enim(['list', '--json', '--from-bundle', file]);
      expect(replayed.stderr).toMatch(/^warning: The state file .* was damaged .*Instead generation \d+ from /m);
      expect(replayed.json).toEqual((await node.enim(['list', '--json'])).json);
    });

    it('is so for somebody who may do nothing', async () => {
      await add(node, 'default/web-0', pod);
      await make();
      const theirs = join(node.dir, 'theirs.tar.gz');
      copyFileSync(file, theirs);
      chownSync(theirs, 65534, 65534);
      chownSync(node.dir, 65534, 65534);
      const nobody = { via: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all'] };
      const replayed = await node.enim(['list', '--json', '--from-bundle', theirs], nobody);
      expect(replayed.json).toEqual((await node.enim(['list', '--json'])).json);
    });
  });

  describe('the file', () => {
    it('has what the node has, each part in its own file', async () => {
      await add(node, 'default/web-0', pod);
      const made = await make();
      const files = await opened();
      const inode = statSync(`/run/netns/${pod.netns}`).ino;
      expect(made).toMatchObject({ path: file, missing: [], shortened: [], problems: 0, bytes: statSync(file).size });
      expect(made.files).toEqual([...files.keys()]);
      expect(made.files).toEqual(
        expect.arrayContaining([
          ...['doctor.json', 'host.json', 'node.json', 'provider.json', 'versions.json'],
          ...['settings/config.json', 'settings/effective.json', 'state/record.json', 'state/state.json'],
          ...['state/state.previous.json', 'kernel/home.json', 'kernel/netns.json', 'kernel/hardware.json'],
          `kernel/netns/${inode}.json`,
        ]),
      );
      expect(files.get('state/state.json')).toBe(readFileSync(node.stateFile, 'utf8'));
      expect(files.get('settings/config.json')).toBe(readFileSync(node.configFile, 'utf8'));
      const { links, around } = JSON.parse(files.get(`kernel/netns/${inode}.json`) ?? '');
      const eth0 = links.value.find(({ name }: { name: string }) => name === 'eth0');
      expect(eth0).toMatchObject({ alias: expect.stringContaining('default/web-0'), mac: node.eni(0).mac });
      expect(around.value.routes).toContainEqual(expect.objectContaining({ dst: 'default', dev: 'eth0' }));
      expect(around.value.rules).toContainEqual(expect.objectContaining({ table: 'main' }));
      expect(new Map(around.value.sysctls).get('eth0')).toContainEqual(['ipv4/conf/arp_notify', '1']);
      expect(JSON.parse(files.get('versions.json') ?? '')).toMatchObject({
        enim: { runtime: { name: 'Bun' } },
        kernel: expect.stringMatching(/^Linux version/),
        iproute2: expect.stringContaining('iproute2'),
      });
      expect(JSON.parse(files.get('node.json') ?? '').sources).toEqual({
        ...{ config: 'environment', stateDir: 'environment', runDir: 'environment' },
      });
    });

    it('changes nothing, and is for its owner alone', async () => {
      await add(node, 'default/web-0', pod);
      await expectUnchanged(node, () => make());
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readdirSync(node.dir).filter((name) => name.includes('b.tar.gz'))).toEqual(['b.tar.gz']);
    });

    it('has the end of the logs that network configurations name, and of others', async () => {
      const [log, other] = [join(node.dir, 'plugin.log'), join(node.dir, 'other.log')];
      writeFileSync(log, `${'{"level":"info","message":"old"}\n'.repeat(60_000)}{"level":"info","message":"newest"}\n`);
      writeFileSync(`${log}.1`, '{"level":"info","message":"older"}\n');
      writeFileSync(other, 'something else\n');
      const plugins = [{ type: 'enim', logFile: log }];
      writeFileSync(join(confDir(), '10-enim.conflist'), JSON.stringify({ cniVersion: '1.1.0', name: 'n', plugins }));
      writeFileSync(
        join(confDir(), '20-other.conflist'),
        JSON.stringify({ plugins: [{ type: 'calico', password: 'p' }] }),
      );
      const { shortened, missing, files } = await make(['--log', other, '--log', join(node.dir, 'none.log')]);
      const texts = await opened();
      const nameOf = (path: string): string => `logs/${path.slice(1).replaceAll('/', '_')}`;
      expect(shortened).toEqual([nameOf(log)]);
      expect(missing).toEqual([{ part: join(node.dir, 'none.log'), reason: 'There is no such file.' }]);
      expect(texts.get(nameOf(log))).toMatch(/^\{"level".*"newest"\}\n$/s);
      expect(Buffer.byteLength(texts.get(nameOf(log)) ?? '')).toBeLessThanOrEqual(2 ** 20);
      expect([texts.get(nameOf(`${log}.1`)), texts.get(nameOf(other))]).toEqual([
        '{"level":"info","message":"older"}\n',
        'something else\n',
      ]);
      expect(files.filter((name) => name.startsWith('cni/'))).toEqual(['cni/10-enim.conflist']);
    });

    it('has two logs whose names in it would be one, and goes past what is no file', async () => {
      mkdirSync(join(node.dir, 'a'));
      const paths = [join(node.dir, 'a/b.log'), join(node.dir, 'a_b.log'), join(node.dir, 'a b.log')];
      for (const path of paths) writeFileSync(path, `${path}\n`);
      writeFileSync(`${paths[0]}.1`, 'older\n');
      const pipe = join(confDir(), '10-pipe.conf');
      const configuration = JSON.stringify({ name: 'n', plugins: [{ type: 'enim' }] });
      for (const name of ['20 enim.conflist', '20_enim.conflist']) writeFileSync(join(confDir(), name), configuration);
      execFileSync('mkfifo', [pipe]);
      const asked = [...paths, `${paths[0]}.1`, pipe].flatMap((path) => ['--log', path]);
      const { files, missing } = await make(asked);
      const texts = await opened();
      const base = node.dir.slice(1).replaceAll('/', '_');
      const [log, older] = [`${base}_a_b.log`, `${base}_a_b.log.1`];
      expect(files.filter((name) => name.startsWith('logs/')).sort()).toEqual(
        [`logs/${log}`, `logs/2-${log}`, `logs/3-${log}`, `logs/${older}`].sort(),
      );
      expect([log, `2-${log}`, `3-${log}`].map((name) => texts.get(`logs/${name}`))).toEqual(
        paths.map((path) => `${path}\n`),
      );
      expect(files.filter((name) => name.startsWith('cni/'))).toEqual([
        ...['cni/2-20_enim.conflist', 'cni/20_enim.conflist'],
      ]);
      expect(missing.map(({ part }) => part)).toEqual([pipe, pipe]);
    });

    it('has no secret in it, wherever one was', async () => {
      const secrets = Array.from({ length: 5 }, (_, index) => `hunter2-${index}-${node.enis[0]?.id}`);
      const log = join(node.dir, 'plugin.log');
      writeFileSync(log, `{"level":"error","message":"token=${secrets[0]}","password":"${secrets[1]}"}\n`);
      writeFileSync(
        join(confDir(), '10-enim.conflist'),
        JSON.stringify({ name: 'n', plugins: [{ type: 'enim', logFile: log, clientSecret: secrets[2] }] }),
      );
      node.writeSettings(JSON.stringify({ password: secrets[3], proxy: `https://me:${secrets[4]}@proxy/` }));
      await make([], { env: { KUBECONFIG: '/etc/kubeconfig', AWS_SECRET_ACCESS_KEY: secrets[0] ?? '' } });
      const all = [...(await opened()).values()].join('');
      expect(all).toContain('<redacted>');
      for (const secret of secrets) expect(all).not.toContain(secret);
    });
  });

  describe('is not written', () => {
    it('over another file, unless that is asked for', async () => {
      writeFileSync(file, 'precious');
      const refused = await node.enim(['support-bundle', '--file', file]);
      expectRefusal(refused, { code: 6, mentions: [file, '--force'] });
      expect(readFileSync(file, 'utf8')).toBe('precious');
      await make(['--force']);
      expect((await opened()).size).toBeGreaterThan(5);
    });

    it('in half, on a disk that is full', async () => {
      await node.mountStateDir('48k');
      const full = join(node.stateDir, 'b.tar.gz');
      writeFileSync(join(node.stateDir, 'rest'), Buffer.alloc(44_000));
      const before = readdirSync(node.stateDir);
      const refused = await node.enim(['support-bundle', '--file', full, '--conf-dir', confDir()]);
      expectRefusal(refused, { code: 1, mentions: [full, 'the disk is full'] });
      expect(readdirSync(node.stateDir)).toEqual(before);
    });

    it('in a directory that is not there', async () => {
      const nowhere = join(node.dir, 'no/b.tar.gz');
      expectRefusal(await node.enim(['support-bundle', '--file', nowhere]), { code: 1, mentions: [nowhere] });
    });
  });

  it('is made without root as well, with what can be seen, and says what could not', async () => {
    await add(node, 'default/web-0', pod);
    const nobody = { via: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all'] };
    chownSync(node.dir, 65534, 65534);
    const { missing, problems } = await make([], nobody);
    expect(missing.map(({ part }) => part)).toContain('state/record.json');
    expect(problems).toBeGreaterThan(0);
    const live = await node.enim(['list'], nobody);
    const replayed = await node.enim(['list', '--from-bundle', file]);
    expect([replayed.code, replayed.stderr]).toEqual([live.code, live.stderr]);
  });

  describe('a bundle', () => {
    test.each([
      ['that is not there', undefined, 4, 'There is no bundle'],
      ['that is none', Buffer.from('hello'), 1, 'it is no gzip'],
      ['that is empty', Buffer.alloc(0), 1, 'ends too early'],
    ])('%s is refused', async (_, content, code, mention) => {
      if (content !== undefined) writeFileSync(file, content);
      for (const args of [['list'], ['show', 'eni-a'], ['where', 'eni-a'], ['doctor']])
        expectRefusal(await node.enim([...args, '--from-bundle', file]), { code, mentions: [mention, file] });
    });

    it('of a stranger moves no terminal', async () => {
      await add(node, 'default/web-0', pod);
      writeFileSync(node.stateFile, readFileSync(node.stateFile, 'utf8').slice(0, -9));
      await node.enim(['cordon', '--reason', 'an upgrade']);
      await make();
      const hostile = '\u001b[2J\u009b31m\u202e';
      const { manifest, files } = await unpack('it', readFileSync(file));
      const theirs = [...files].map(([name, content]) => {
        const text = Buffer.from(content).toString('utf8');
        const changed = [node.eni(0).id, 'an upgrade', `${node.stateDir}/state`].reduce(
          (rest, each) => rest.replaceAll(each, `${each}${JSON.stringify(hostile).slice(1, -1)}`),
          text,
        );
        return [name, Buffer.from(name.endsWith('.json') ? changed : text)] as const;
      });
      writeFileSync(file, await pack(new Map(theirs), manifest));
      for (const args of [
        ['list'],
        ['list', '-o', 'wide'],
        ['list', '-o', 'name'],
        ['list', '-o', 'csv'],
        ['doctor'],
      ]) {
        const { stdout, stderr } = await node.enim([...args, '--from-bundle', file]);
        expect(`${stdout}${stderr}`).toContain('\\u001b[2J\\u009b31m');
        expect(`${stdout}${stderr}`).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
      }
    });

    it('cannot be mended', async () => {
      await make();
      expectRefusal(await node.enim(['doctor', '--fix', '--from-bundle', file]), { code: 2, mentions: ['--fix'] });
      expectRefusal(await node.enim(['list', '--watch', '--from-bundle', file]), { code: 2, mentions: ['--watch'] });
    });
  });
});
