import { chownSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { list } from '../fabric/answers.js';
import { expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { inventory, type Settings, type TestEni } from '../fabric/inventory.js';
import { holdLockOf } from '../fabric/locks.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';

/** An inventory in which the first ENI has these fields besides, or instead. */
function first(extra: Settings): (enis: readonly TestEni[]) => Settings {
  return (enis) => inventory(enis, (eni) => (eni === enis[0] ? extra : {}));
}

describeEndToEnd('settings that are named, but are not there', () => {
  let node: Node;
  beforeEach(async () => {
    node = await createNode({ enis: 1 });
  });
  afterEach(() => node.destroy());

  it('are said to be missing, for that is a slip', async () => {
    const nowhere = join(node.dir, 'typo.json');
    const warning = new RegExp(`There is no file ${nowhere}`);
    const one = (text: string) => text.match(new RegExp(warning, 'g'))?.length;
    const flag = await node.enim(['list', '--config', nowhere]);
    expect([flag.code, one(flag.stderr.replaceAll(/\s+/g, ' '))]).toEqual([0, 1]);
    const variable = await node.enim(['list', '--json'], { env: { ENIM_CONFIG: nowhere } });
    expect([variable.json !== undefined, variable.stderr]).toEqual([true, expect.stringMatching(warning)]);
    expect((await node.enim(['list'])).stderr).toBe('');
  });
});

describeEndToEnd('wrong settings', () => {
  let node: Node;
  let pod: Pod;

  beforeAll(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
  });

  afterAll(() => node.destroy());

  describe.each([
    ['that are not JSON', () => '{"provider": "static",', [/not JSON/]],
    ['that are empty', () => '', [/JSON/]],
    ['that are a list', () => '[]', [/object/]],
    ['with an unknown key', () => ({ provdier: 'static' }), ['provdier', /did you mean.*provider/i]],
    ['with an unknown key of an ENI', first({ adress: 'x' }), ['static.enis[0].adress']],
    [
      'with an unknown key of an address',
      first({ ipv4: { address: '10.0.0.9/24', gatway: '10.0.0.1' } }),
      ['gatway', /did you mean.*gateway/i],
    ],
    ['with an unknown provider', () => ({ provider: 'statik' }), ['provider', 'statik']],
    [
      'with an address that is none',
      first({ ipv4: { address: '10.0.0.300/24' } }),
      ['static.enis[0].ipv4.address', '10.0.0.300/24'],
    ],
    [
      'with an address without prefix length',
      first({ ipv4: { address: '10.0.0.9' } }),
      ['static.enis[0].ipv4.address', '10.0.0.9'],
    ],
    [
      'with an IPv4 address as IPv6',
      first({ ipv6: { address: '10.0.0.9/24' } }),
      ['static.enis[0].ipv6.address', '10.0.0.9/24'],
    ],
    [
      'with a gateway that is none',
      first({ ipv4: { address: '10.0.0.9/24', gateway: 'gw' } }),
      ['static.enis[0].ipv4.gateway', 'gw'],
    ],
    ['with a MAC that is none', first({ mac: '02:e0:zz' }), ['static.enis[0].mac', '02:e0:zz']],
    ['with an MTU that is none', first({ mtu: 70_000 }), ['static.enis[0].mtu', '70000']],
    [
      'with a route that is none',
      first({ routes: [{ dst: 'everywhere' }] }),
      ['static.enis[0].routes[0].dst', 'everywhere'],
    ],
    [
      'with a name that the kernel would refuse',
      first({ ifname: 'abcdefghijklmnop' }),
      ['static.enis[0].ifname', 'abcdefghijklmnop'],
    ],
    ['with an ENI without MAC', first({ mac: undefined }), ['static.enis[0].mac']],
    [
      'with two ENIs of one MAC',
      (enis: readonly TestEni[]) => inventory(enis, () => ({ mac: '02:e0:00:00:00:09' })),
      ['static.enis[1].mac', '02:e0:00:00:00:09'],
    ],
    [
      'with two ENIs of one ID',
      (enis: readonly TestEni[]) => inventory(enis, () => ({ id: 'twin' })),
      ['static.enis[1].id', 'twin'],
    ],
  ] as const)('%s', (_, wrong, says) => {
    beforeEach(() => node.writeSettings(wrong(node.enis)));

    it.each([
      ['add', () => ['add', 'default/web-0', '--netns', pod.path]],
      ['list', () => ['list']],
      ['gc', () => ['gc', '--grace', '0s']],
    ])('are refused by %s, naming field and value, and nothing changes', async (_command, args) => {
      const result = await expectUnchanged(node, () => node.enim(args()));

      expectRefusal(result, { code: 2, mentions: [node.configFile, ...says] });
    });
  });
});

describeEndToEnd('settings', () => {
  let node: Node;
  let pod: Pod;

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
  });

  afterEach(() => node.destroy());

  it('that are wrong in two places are told both', async () => {
    node.writeSettings(inventory(node.enis, () => ({ mtu: 1 })));

    expectRefusal(await node.enim(['list']), { code: 2, mentions: ['static.enis[0].mtu', 'static.enis[1].mtu'] });
  });

  it('that are wrong are one JSON document when asked for JSON', async () => {
    node.writeSettings('{');

    expect(await node.enim(['list', '--json'])).toMatchObject({
      code: 2,
      json: { error: { code: 'INVALID_CONFIG', exitCode: 2 } },
    });
  });

  it('that do not exist leave nothing to give out, and lead to "provider init"', async () => {
    rmSync(node.configFile);

    const result = await expectUnchanged(node, () => node.enim(['add', 'default/web-0', '--netns', pod.path]));
    expect([2, 3]).toContain(result.code);
    expectRefusal(result, { code: result.code ?? 0, mentions: ['enim provider init'] });
  });

  it('are taken from the file that --config names, before the environment’s', async () => {
    const args = ['list', '--config', `${node.dir}/other.json`];

    expect(await node.enim([...args, '--json'])).toMatchObject({ code: 0, json: { enis: [] } });
  });

  describe('enim config', () => {
    it('prints where the settings are', async () => {
      expect(await node.enim(['config', 'path'])).toMatchObject({ code: 0, stdout: `${node.configFile}\n` });
    });

    it('prints one setting', async () => {
      expect(await node.enim(['config', 'get', 'provider'])).toMatchObject({ code: 0, stdout: 'static\n' });
      expect(await node.enim(['config', 'get', 'static.enis[1].mac'])).toMatchObject({
        code: 0,
        stdout: `${node.eni(1).mac}\n`,
      });
    });

    it('changes one setting, which then holds, and keeps the others', async () => {
      expect(await node.enim(['config', 'set', 'static.enis[0].mtu', '1400'])).toMatchObject({ code: 0 });

      expect(JSON.parse(readFileSync(node.configFile, 'utf8'))).toEqual(first({ mtu: 1400 })(node.enis));
      expect(await list(node)).toHaveLength(3);
    });

    it('keeps what twenty processes change at once, and leaves no lock behind', async () => {
      const numbers = Array.from({ length: 20 }, (_, index) => index);
      const eni = (index: number) => ({ id: `eni-${index}`, mac: `02:e0:00:00:01:${10 + index}` });
      node.writeSettings({ static: { enis: numbers.map(eni) } });
      const set = (index: number) => node.enim(['config', 'set', `static.enis[${index}].mtu`, `${1300 + index}`]);
      expect((await Promise.all(numbers.map(set))).map(({ code }) => code)).toEqual(numbers.map(() => 0));
      expect(JSON.parse(readFileSync(node.configFile, 'utf8'))).toEqual({
        static: { enis: numbers.map((index) => ({ ...eni(index), mtu: 1300 + index })) },
      });
      expect(existsSync(`${node.configFile}.lock`)).toBe(false);
    });

    it.each([
      ['config set', ['config', 'set', 'network', 'other']],
      ['provider init', ['provider', 'init', '--name', 'e*', '--force', '--yes']],
    ])('changes nothing while another process does: %s', async (_, args) => {
      node.writeSettings({ ...inventory(node.enis), lockWait: 100 });
      const path = `${node.configFile}.lock`;
      writeFileSync(path, '');
      const other = await holdLockOf(node, path);
      const before = readFileSync(node.configFile, 'utf8');
      const { code, stderr } = await node.enim(args);
      expect([code, stderr]).toEqual([5, expect.stringContaining('The lock of config.json was not free within 0.1 s')]);
      expect(readFileSync(node.configFile, 'utf8')).toBe(before);
      await other.release();
    });

    it('makes nothing where it only reads, and says which directory it cannot make', async () => {
      const missing = join(node.dir, 'none');
      const all = await node.enim(['config', 'get', '--config', join(missing, 'config.json'), '--json']);
      expect([all.json, existsSync(missing)]).toEqual([{}, false]);
      const nowhere = '/proc/none/config.json';
      expectRefusal(await node.enim(['config', 'set', 'lockWait', '500', '--config', nowhere]), {
        code: 1,
        says: ['The directory /proc/none of the settings cannot be made: ENOENT'],
        mentions: ['--config'],
      });
    });

    it('leads whoever may not write them to root', async () => {
      // Theirs whom nobody but root may pass over.
      chownSync(dirname(node.configFile), 65534, 65534);
      const via = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];
      const result = await node.enim(['config', 'set', 'lockWait', '500'], { via });
      expectRefusal(result, { code: 1, says: [node.configFile], mentions: ['run enim as root'] });
    });

    it.each([
      ['an unknown key', 'provdier', 'static', 'provdier'],
      ['an unknown provider', 'provider', 'statik', 'statik'],
      ['a value that is wrong', 'static.enis[0].mac', 'nonsense', 'nonsense'],
    ])('refuses %s, and leaves the file as it was', async (_, key, value, says) => {
      expectRefusal(await expectUnchanged(node, () => node.enim(['config', 'set', key, value])), {
        code: 2,
        mentions: [says],
      });
    });
  });
});
