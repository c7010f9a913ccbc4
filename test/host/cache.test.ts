import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readCache } from '../../src/host/cache.js';
import { sampleCached } from '../model/cached.js';
import { enimErrorOf } from '../model/thrown.js';
import { useTemporaryDirectories } from '../store/temporary.js';

const temporary = useTemporaryDirectories();

/** What is read from a directory with these files. */
function read(files: Readonly<Record<string, unknown>>): { adds: ReturnType<typeof readCache>; warnings: string[] } {
  const [directory, warnings] = [temporary(), [] as string[]];
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
  return { adds: readCache(directory, true, (message) => warnings.push(message.replace(directory, ''))), warnings };
}

describe('the cache of container runtimes', () => {
  it('says of each ADD of enim whose it was, where the NIC went, and its MAC', () => {
    const { adds, warnings } = read({ 'eninet-c1-eth0': sampleCached() });
    expect(adds).toEqual([
      {
        by: 'enim',
        endpoint: { network: 'eninet', containerID: 'c1', ifname: 'eth0', owner: 'default/web-0', uid: 'u-1' },
        ...{ netns: '/run/netns/web-0', mac: '02:e0:00:00:00:01' },
      },
    ]);
    expect(warnings).toEqual([]);
  });

  it('knows enim in a chain of plugins, too', () => {
    const config = { name: 'eninet', plugins: [{ type: 'tuning' }, { type: 'enim' }] };
    expect(read({ a: sampleCached({ config }) }).adds).toHaveLength(1);
  });

  it('says of an ADD of host-device that it was that', () => {
    const config = { type: 'host-device', device: 'eni0' };
    expect(read({ a: sampleCached({ config }) }).adds).toMatchObject([{ by: 'host-device', mac: '02:e0:00:00:00:01' }]);
  });

  it.each([
    ['podman, which only names the container', [['K8S_POD_NAME', 'box']], 'eninet/box'],
    ['ctr, which says nothing', undefined, 'eninet/c1'],
  ])('calls the owner of %s as the plugin does', (_, cniArgs, owner) => {
    expect(read({ a: sampleCached({ cniArgs }) }).adds[0]?.endpoint).toMatchObject({ owner, uid: null });
  });

  it.each([
    ['of other plugins', { config: { type: 'bridge' } }],
    ['that only asked enim for addresses', { config: { type: 'macvlan', ipam: { type: 'enim' } } }],
    ['whose result names no interface', { result: { cniVersion: '1.0.0' } }],
    ['whose result names the host’s interface alone', { result: { interfaces: [{ name: 'eth0', mac: '' }] } }],
  ])('leaves out ADDs %s, without a word', (_, overrides) => {
    expect(read({ a: sampleCached(overrides) })).toEqual({ adds: [], warnings: [] });
  });

  it.each([
    ['empty', '', 'JSON'],
    ['cut off', JSON.stringify(sampleCached()).slice(0, 99), 'JSON'],
    ['of another kind', sampleCached({ kind: 'cniCacheV9' }), 'cniCacheV1'],
    ['of a container with an impossible ID', sampleCached({ containerId: '../x' }), '../x'],
    ['of an interface with an impossible name', sampleCached({ ifName: 'a/b' }), 'a/b'],
    ['of an impossible owner', sampleCached({ cniArgs: [['K8S_POD_NAME', 'a/b']] }), 'a/b'],
    ['with a configuration that is none', sampleCached({ config: 'nonsense' }), 'JSON'],
  ])('leaves out a file that is %s, says so, and goes on (multus-cni#1087)', (_, content, reason) => {
    const { adds, warnings } = read({ a: content, b: sampleCached() });
    expect(adds).toHaveLength(1);
    expect(warnings).toEqual([expect.stringMatching(/^\/a is no cached result \(.*\); it is left out\.$/s)]);
    expect(warnings[0]).toContain(reason);
  });

  it('is empty where there is none, and where there is something else it says so', () => {
    const directory = temporary();
    const warnings: string[] = [];
    expect(readCache(join(directory, 'none'), false, (message) => warnings.push(message))).toEqual([]);
    expect(warnings).toEqual([]);
    writeFileSync(join(directory, 'file'), '');
    expect(readCache(join(directory, 'file'), true, (message) => warnings.push(message))).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('ENOTDIR')]);
  });

  it('must be there if somebody names it', async () => {
    const directory = join(temporary(), 'none');
    expect(await enimErrorOf(() => readCache(directory, true, () => undefined))).toMatchObject({ code: 'NOT_THERE' });
  });

  it('ignores what is no file in it', () => {
    const directory = temporary();
    mkdirSync(join(directory, 'sub'));
    expect(readCache(directory, true, (message) => expect(message).toBe('never'))).toEqual([]);
  });
});
