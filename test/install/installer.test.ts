import { describe, expect, it } from '@jest/globals';
import type { Files } from '../../src/install/files.js';
import { type InstallRequest, install, uninstall } from '../../src/install/installer.js';
import { enimErrorOf } from '../model/thrown.js';

const PROGRAM = Buffer.from('… This file is the executable of enim, which gives whole network cards to pods. …');
const PLACES = {
  binDir: '/bin-dir',
  confDir: '/conf-dir',
  confName: '10-enim.conflist',
  root: '/root-dir',
  kubeconfig: '/etc-dir/kubeconfig',
};
const CONF = '/conf-dir/10-enim.conflist';

/** Files in memory, with what was done to them. */
class MemoryFiles implements Files {
  readonly content = new Map<string, Buffer>([['/here/enim', PROGRAM]]);
  readonly done: string[] = [];

  read(path: string): Buffer | undefined {
    return this.content.get(path);
  }

  holds(path: string, content: Uint8Array): boolean | undefined {
    return this.content.get(path)?.equals(content);
  }

  mentions(path: string, text: string): boolean | undefined {
    return this.content.get(path)?.includes(text);
  }

  list(directory: string): string[] {
    return [...this.content.keys()]
      .filter((path) => path.startsWith(`${directory}/`))
      .map((path) => path.slice(directory.length + 1));
  }

  replace(path: string, content: string | Uint8Array, mode: number): void {
    this.done.push(`${mode.toString(8)} ${path}`);
    this.content.set(path, Buffer.from(content));
  }

  remove(path: string): void {
    this.done.push(`remove ${path}`);
    this.content.delete(path);
  }
}

const request = (overrides: Partial<InstallRequest> = {}): InstallRequest => ({
  ...{ ...PLACES, network: 'eninet', cniVersion: '1.0.0', places: {}, unmanaged: null, force: false, dryRun: false },
  cluster: null,
  ...overrides,
});

const uninstallFrom = (files: Files, options = {}) =>
  uninstall(files, PLACES, { held: [], stateDir: '/state-dir', force: false, dryRun: false, ...options });

describe('install', () => {
  it('puts the executable first, and then the configuration that makes runtimes call it', () => {
    const files = new MemoryFiles();
    const { changes } = install(files, '/here/enim', request());
    expect(files.done).toEqual(['755 /bin-dir/enim', `644 ${CONF}`]);
    expect(changes.map(({ action }) => action)).toEqual(['write', 'write']);
    expect(JSON.parse(String(files.read(CONF)))).toEqual({
      cniVersion: '1.0.0',
      name: 'eninet',
      plugins: [{ type: 'enim', capabilities: { mac: true, ips: true, deviceID: true } }],
    });
  });

  it('keeps what is up to date', () => {
    const files = new MemoryFiles();
    install(files, '/here/enim', request());
    files.done.length = 0;
    const { changes } = install(files, '/here/enim', request());
    expect([files.done, changes.map(({ action }) => action)]).toEqual([[], ['keep', 'keep']]);
  });

  it('names the places that the plugin could not guess', () => {
    const files = new MemoryFiles();
    install(files, '/here/enim', request({ places: { stateDir: '/elsewhere' } }));
    expect(String(files.read(CONF))).toContain('"stateDir": "/elsewhere"');
  });

  it.each([
    ['of another plugin', '{"plugins":[{"type":"bridge"}]}', 'It names other plugins than enim.'],
    ['of a chain', '{"plugins":[{"type":"enim"},{"type":"portmap"}]}', 'It names other plugins than enim.'],
    ['that is no JSON', 'nonsense', 'It names other plugins than enim.'],
    ['of enim that differs', '{"name":"mine","plugins":[{"type":"enim"}]}', '- "name": "mine",'],
  ])('overwrites no configuration %s, unless it is told to', async (_, text, detail) => {
    const files = new MemoryFiles();
    files.content.set(CONF, Buffer.from(text));
    const error = await enimErrorOf(async () => install(files, '/here/enim', request()));
    expect([error.code, files.done]).toEqual(['UNSAFE', []]);
    expect(error.details).toContain(detail);
    install(files, '/here/enim', request({ force: true }));
    expect(String(files.read(CONF))).toContain('"name": "eninet"');
  });

  it('replaces a configuration of which it is only to change the version, and says which it was', () => {
    const files = new MemoryFiles();
    install(files, '/here/enim', request());
    const { changes } = install(files, '/here/enim', request({ cniVersion: '1.1.0' }));
    expect(changes.at(-1)).toEqual({ path: CONF, action: 'replace', note: 'its cniVersion was 1.0.0' });
    expect(String(files.read(CONF))).toContain('"cniVersion": "1.1.0"');
  });

  it.each([
    ['the network', { network: 'other' }],
    ['the places', { places: { stateDir: '/elsewhere' } }],
    ['more than the version', { network: 'other', cniVersion: '1.1.0' }],
  ])(
    'does not change %s of a configuration, by which a DEL finds what is attached, unless it is told to',
    async (_, change) => {
      const files = new MemoryFiles();
      install(files, '/here/enim', request());
      const before = String(files.read(CONF));
      const error = await enimErrorOf(async () => install(files, '/here/enim', request(change)));
      expect([error.code, String(files.read(CONF))]).toEqual(['UNSAFE', before]);
      install(files, '/here/enim', request({ ...change, force: true }));
      expect(String(files.read(CONF))).not.toBe(before);
    },
  );

  it('keeps a configuration that says the same in another layout', () => {
    const files = new MemoryFiles();
    install(files, '/here/enim', request());
    const { plugins, ...list } = JSON.parse(String(files.read(CONF)));
    const text = JSON.stringify({ plugins, ...list });
    files.content.set(CONF, Buffer.from(text));
    const { changes } = install(files, '/here/enim', request());
    expect([changes.at(-1)?.action, String(files.read(CONF))]).toEqual(['keep', text]);
  });

  it('overwrites no program of somebody else’s, unless it is told to', async () => {
    const files = new MemoryFiles();
    files.content.set('/bin-dir/enim', Buffer.from('#!/bin/sh\n'));
    const error = await enimErrorOf(async () => install(files, '/here/enim', request()));
    expect([error.code, files.done]).toEqual(['UNSAFE', []]);
    install(files, '/here/enim', request({ force: true }));
    expect(files.read('/bin-dir/enim')).toEqual(PROGRAM);
  });

  describe('for a cluster', () => {
    const KUBECONFIG = PLACES.kubeconfig;
    const facts = { account: 'kube-system/enim', pod: 'enim-x', expires: '2026-01-01T01:00:00.000Z' };
    const cluster = (token = 'first'): NonNullable<InstallRequest['cluster']> => ({
      ...{ server: 'https://api', ca: 'PEM', token, ...facts, warnings: ['NODE_NAME is not set.'] },
      settings: { path: '/etc-dir/config.json', text: '{}' },
    });

    it('puts what the plugin will need before the configuration that makes runtimes call it', () => {
      const files = new MemoryFiles();
      const { kubeconfig, warnings } = install(files, '/here/enim', request({ cluster: cluster() }));
      expect(files.done).toEqual([
        ...['755 /bin-dir/enim', `600 ${KUBECONFIG}`, '644 /etc-dir/config.json', `644 ${CONF}`],
      ]);
      expect(kubeconfig).toEqual({ path: KUBECONFIG, server: 'https://api', ...facts });
      expect(warnings).toEqual(['NODE_NAME is not set.']);
    });

    it('replaces the token, and only that, when it is run again', () => {
      const files = new MemoryFiles();
      install(files, '/here/enim', request({ cluster: cluster() }));
      files.done.length = 0;
      install(files, '/here/enim', request({ cluster: cluster('second') }));
      expect(files.done).toEqual([`600 ${KUBECONFIG}`]);
      expect(String(files.read(KUBECONFIG))).toContain('"second"');
    });

    it('overwrites no kubeconfig of somebody else’s, unless it is told to', async () => {
      const files = new MemoryFiles();
      files.content.set(KUBECONFIG, Buffer.from('apiVersion: v1'));
      const error = await enimErrorOf(() => install(files, '/here/enim', request({ cluster: cluster() })));
      expect([error.code, files.done]).toEqual(['UNSAFE', []]);
      expect(uninstallFrom(files).changes).toContainEqual(
        expect.objectContaining({ path: KUBECONFIG, action: 'leave' }),
      );
      install(files, '/here/enim', request({ cluster: cluster(), force: true }));
      expect(files.done).toContain(`600 ${KUBECONFIG}`);
    });

    it('is undone but for the settings, after nobody calls the plugin any more', () => {
      const files = new MemoryFiles();
      install(files, '/here/enim', request({ cluster: cluster() }));
      files.done.length = 0;
      uninstallFrom(files);
      expect(files.done).toEqual([`remove ${CONF}`, 'remove /bin-dir/enim', `remove ${KUBECONFIG}`]);
    });
  });

  it('warns of a configuration that runtimes would take instead', () => {
    const files = new MemoryFiles();
    files.content.set('/conf-dir/00-other.conf', Buffer.from('{}'));
    files.content.set('/conf-dir/05-readme.txt', Buffer.from(''));
    files.content.set('/conf-dir/99-last.conflist', Buffer.from('{}'));
    expect(install(files, '/here/enim', request()).warnings).toEqual([
      '/conf-dir/00-other.conf comes before it; containerd takes the first file.',
    ]);
  });

  it('says in a dry run what it would do, and does nothing', () => {
    const files = new MemoryFiles();
    const dry = install(files, '/here/enim', request({ dryRun: true, unmanaged: ['02:e0:00:00:00:01'] }));
    expect(files.done).toEqual([]);
    const wet = install(files, '/here/enim', request({ unmanaged: ['02:e0:00:00:00:01'] }));
    expect(wet).toEqual({ ...dry, dryRun: false });
  });

  it('refuses where what runs is another program', async () => {
    const error = await enimErrorOf(async () => install(new MemoryFiles(), null, request()));
    expect([error.code, error.hint]).toEqual([
      'INVALID_ARGUMENT',
      'build it and run that: npm run build && dist/enim install',
    ]);
  });
});

describe('drop-ins', () => {
  const written = (macs: readonly string[]): string => {
    const files = new MemoryFiles();
    install(files, '/here/enim', request({ unmanaged: macs }));
    return [...files.content]
      .filter(([path]) => path.startsWith('/root-dir'))
      .map(([path, text]) => `${path}\n${text}`)
      .join('\n');
  };

  it('name every ENI by its MAC, in whatever order they are known (amazon-ec2-net-utils#100, amazon-vpc-cni-k8s#3162)', () => {
    const text = written(['02:e0:00:00:00:02', '02:e0:00:00:00:01']);
    expect(text).toBe(written(['02:e0:00:00:00:01', '02:e0:00:00:00:02']));
    expect(text).toContain(
      'PermanentMACAddress=02:e0:00:00:00:01\nPermanentMACAddress=02:e0:00:00:00:02\n\n[Link]\nUnmanaged=yes',
    );
    expect(text).toContain('unmanaged-devices+=mac:02:e0:00:00:00:01;mac:02:e0:00:00:00:02');
    expect(text).toContain('match-device=mac:02:e0:00:00:00:01;mac:02:e0:00:00:00:02\nmanaged=0');
  });

  it('are refused where no ENI is known, for they would fit every card', async () => {
    const files = new MemoryFiles();
    const error = await enimErrorOf(async () => install(files, '/here/enim', request({ unmanaged: [] })));
    expect([error.code, files.done]).toEqual(['NOT_THERE', []]);
  });

  it('keep systemd from the altnames that refuse a renaming (sriov-cni#445)', () => {
    expect(written(['02:e0:00:00:00:01'])).toContain('AlternativeNamesPolicy=\n');
  });
});

describe('uninstall', () => {
  const installed = (): MemoryFiles => {
    const files = new MemoryFiles();
    install(files, '/here/enim', request({ unmanaged: ['02:e0:00:00:00:01'] }));
    files.done.length = 0;
    return files;
  };

  it('removes the configuration before the executable, and everything else that it wrote', () => {
    const files = installed();
    uninstallFrom(files);
    expect(files.done.slice(0, 2)).toEqual([`remove ${CONF}`, 'remove /bin-dir/enim']);
    expect([...files.content.keys()]).toEqual(['/here/enim']);
  });

  it('leaves what is not enim’s', () => {
    const files = installed();
    files.content.set(CONF, Buffer.from('{"plugins":[{"type":"bridge"}]}'));
    files.content.set('/bin-dir/enim', Buffer.from('#!/bin/sh\n'));
    files.content.set('/root-dir/etc/systemd/network/05-enim.link', Buffer.from('# mine\n'));
    const { changes } = uninstallFrom(files);
    expect(changes.filter(({ note }) => note === 'it is not enim’s')).toHaveLength(3);
    expect(files.read('/bin-dir/enim')).toBeDefined();
  });

  it('refuses while pods have ENIs, naming them, unless it is told to', async () => {
    const files = installed();
    const error = await enimErrorOf(async () => uninstallFrom(files, { held: ['default/web-0 (eni-a)'] }));
    expect([error.code, error.exitCode, error.details, files.done]).toEqual([
      'UNSAFE',
      6,
      ['default/web-0 (eni-a)'],
      [],
    ]);
    uninstallFrom(files, { held: ['default/web-0 (eni-a)'], force: true });
    expect(files.read(CONF)).toBeUndefined();
  });

  it('refuses where the configuration names another state than the one that says who holds ENIs, unless it is told to', async () => {
    const files = new MemoryFiles();
    install(files, '/here/enim', request({ places: { stateDir: '/elsewhere' } }));
    files.done.length = 0;
    const error = await enimErrorOf(async () => uninstallFrom(files));
    expect([error.code, error.message, files.done]).toEqual([
      'UNSAFE',
      `${CONF} names the state in /elsewhere, and this looked into /state-dir.`,
      [],
    ]);
    uninstallFrom(files, { stateDir: '/elsewhere' });
    expect(files.done[0]).toBe(`remove ${CONF}`);
    install(files, '/here/enim', request({ places: { stateDir: '/elsewhere' } }));
    uninstallFrom(files, { force: true });
    expect(files.read(CONF)).toBeUndefined();
  });

  it.each([
    ['its own file, with another plugin added', CONF, '{"plugins":[{"type":"enim"},{"type":"tuning"}]}'],
    ['another list', '/conf-dir/20-fast.conflist', '{"plugins":[{"type":"enim","device":"eth1"}]}'],
    ['a single configuration', '/conf-dir/20-fast.conf', '{"type":"enim"}'],
    ['one that has it for IPAM', '/conf-dir/20-fast.conflist', '{"plugins":[{"type":"other","ipam":{"type":"enim"}}]}'],
  ])('refuses while %s would have runtimes call the plugin, unless it is told to', async (_, path, text) => {
    const files = installed();
    files.content.set(path, Buffer.from(text));
    const error = await enimErrorOf(async () => uninstallFrom(files));
    expect([error.code, files.done]).toEqual(['UNSAFE', []]);
    expect(error.message).toContain(path);
    uninstallFrom(files, { force: true });
    expect([...files.content.keys()]).toEqual(['/here/enim', path]);
  });

  it('succeeds where nothing is there', () => {
    const files = new MemoryFiles();
    expect(uninstallFrom(files).changes.every(({ note }) => note === 'it is not there')).toBe(true);
  });
});
