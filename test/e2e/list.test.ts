import { dirname } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { add, answer, type EniAnswer, list, show } from '../fabric/answers.js';
import { expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { createNode, type Node, type StateFile } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd, EXECUTABLE } from '../fabric/requirements.js';

describeEndToEnd('enim list', () => {
  let node: Node;
  let pod: Pod;

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
  });

  afterEach(() => node.destroy());

  it('refuses other nodes where the provider only knows its own', async () => {
    for (const flags of [['--all-nodes'], ['--node', 'node-2']])
      expectRefusal(await node.enim(['list', ...flags]), { code: 2, says: ['static', 'no other node'] });
  });

  describe('shows an ENI as', () => {
    it('free when its NIC is home and nobody has it', async () => {
      const { id, mac, ipv4, ipv6 } = node.eni(0);
      const link = await node.link('eni0');

      expect(await show(node, node.eni(0))).toEqual({
        ...{ id, mac, ipv4, ipv6, provider: 'static', state: 'free', attachment: null, note: null },
        link: { name: 'eni0', ifindex: link?.ifindex, netns: null, up: false },
      });
    });

    it('used when a pod has it', async () => {
      await add(node, 'default/web-0', pod);
      const link = await pod.link('eth0');

      const shown = await show(node, node.eni(0));
      expect(shown).toMatchObject({
        state: 'used',
        link: { name: 'eth0', ifindex: link?.ifindex, netns: pod.path, up: true },
        attachment: { owner: 'default/web-0', containerID: 'web-0', ifname: 'eth0', netns: pod.path, network: 'enim' },
      });
      expect(Math.abs(Date.now() - Date.parse(shown.attachment?.since ?? ''))).toBeLessThan(60_000);
    });

    it('used, under the name that the pod gave it', async () => {
      await add(node, 'default/web-0', pod);
      await pod.ip('link set dev eth0 down', 'link set dev eth0 name mine0');

      expect(await show(node, node.eni(0))).toMatchObject({
        state: 'used',
        link: { name: 'mine0', netns: pod.path, up: false },
      });
    });

    it('orphan when its NIC came home by itself', async () => {
      await add(node, 'default/web-0', pod);
      await node.simulateCardReturn(pod, 'eth0');

      expect(await show(node, node.eni(0))).toMatchObject({
        state: 'orphan',
        link: { name: 'eth0', netns: null },
        attachment: { owner: 'default/web-0' },
        note: expect.stringContaining('enim gc'),
      });
    });

    it('orphan when only a descriptor still holds its netns', async () => {
      await add(node, 'default/web-0', pod);
      await pod.holdByDescriptor();
      await pod.unmount();

      const { state, link } = await show(node, node.eni(0));
      expect(state).toBe('orphan');
      expect(link).toMatchObject({ name: 'eth0', netns: expect.any(String) });
    });

    it('releasing when its way home was interrupted', async () => {
      await add(node, 'default/web-0', pod);
      const { attachments, ...rest } = node.state() as StateFile;
      const [[key, attachment] = ['', {}]] = Object.entries(attachments);
      node.writeState({ ...rest, attachments: { [key]: { ...attachment, phase: 'releasing' } } });

      expect(await show(node, node.eni(0))).toMatchObject({
        state: 'releasing',
        attachment: { owner: 'default/web-0' },
      });
    });

    it('missing when no device has its MAC', async () => {
      await node.start(['ip', '-n', node.fabric, 'link', 'del', 'peer-eni1']).result;

      expect(await show(node, node.eni(1))).toMatchObject({
        state: 'missing',
        link: null,
        note: expect.stringContaining(node.eni(1).mac),
      });
    });

    it('quarantined when its NIC carries the node’s default route', async () => {
      const { ipv4 } = node.eni(0);
      await node.ip(
        `addr add ${ipv4.address} dev eni0`,
        'link set dev eni0 up',
        `route add default via ${ipv4.gateway} dev eni0`,
      );

      expect(await show(node, node.eni(0))).toMatchObject({
        state: 'quarantined',
        note: expect.stringMatching(/default route/),
      });
    });

    it('quarantined when its NIC is a member of a bridge', async () => {
      await node.ip('link add name hostbr type bridge', 'link set dev eni0 master hostbr');

      expect(await show(node, node.eni(0))).toMatchObject({
        state: 'quarantined',
        note: expect.stringMatching(/hostbr/),
      });
    });

    it('quarantined when its NIC has addresses that are not the inventory’s', async () => {
      await node.ip('addr add 192.168.9.9/24 dev eni0');

      expect(await show(node, node.eni(0))).toMatchObject({
        state: 'quarantined',
        note: expect.stringMatching(/192\.168\.9\.9/),
      });
    });

    it('free when its NIC has just the inventory’s addresses', async () => {
      await node.ip(
        `addr add ${node.eni(0).ipv4.address} dev eni0`,
        `addr add ${node.eni(0).ipv6.address} dev eni0 nodad`,
      );

      expect(await show(node, node.eni(0))).toMatchObject({ state: 'free' });
    });
  });

  it('changes nothing', async () => {
    await add(node, 'default/web-0', pod);

    await expectUnchanged(node, () => list(node));
  });

  it('shows all ENIs in the order of the inventory', async () => {
    expect((await list(node)).map(({ id }) => id)).toEqual(node.enis.map(({ id }) => id));
  });

  it('shows the ENIs of one state alone with --state', async () => {
    await add(node, 'default/web-0', pod);
    const of = async (state: string): Promise<string[]> =>
      answer<{ enis: EniAnswer[] }>(await node.enim(['list', '--state', state, '--json'])).enis.map(({ id }) => id);

    expect(await of('used')).toEqual([node.eni(0).id]);
    expect(await of('free')).toEqual([node.eni(1).id, node.eni(2).id]);
    expect(await of('orphan')).toEqual([]);
  });

  describe('chooses and orders', () => {
    const ids = async (...args: string[]): Promise<string[]> =>
      answer<{ enis: EniAnswer[] }>(await node.enim(['list', ...args, '--json'])).enis.map(({ id }) => id);

    it('by columns, in every form of output alike', async () => {
      const [first, second, third] = node.enis.map(({ id }) => id);
      await add(node, 'default/web-0', pod, ['--eni', second ?? '']);

      expect(await ids('--filter', 'state=used,owner=default/*')).toEqual([second]);
      expect(await ids('--filter', 'state!=used', '--sort=-eni')).toEqual([third, first]);
      expect(await ids('--sort', 'owner')).toEqual([second, first, third]);
      const names = await node.enim(['list', '--filter', 'owner=-', '--sort', '-eni', '-o', 'name']);
      expect(names.stdout).toBe(`${third}\n${first}\n`);
    });

    it.each([
      ['--filter', 'stat=used', 'state'],
      ['--sort', 'onwer', 'owner'],
    ])('refuses %s %s, names the columns, and says which was meant', async (flag, value, meant) => {
      expectRefusal(await node.enim(['list', flag, value]), {
        code: 2,
        mentions: [flag, 'Columns: eni, state', `Did you mean ${meant}?`],
      });
    });

    it('says so where none is such, and not that there are none', async () => {
      const { code, stdout } = await node.enim(['list', '--filter', 'owner=nobody/*']);
      expect({ code, stdout }).toEqual({ code: 0, stdout: 'No ENI is such, of 3. All of them: enim list\n' });
    });
  });

  it('prints YAML and CSV of the same ENIs', async () => {
    await add(node, 'default/web-0', pod);
    const yaml = await node.enim(['list', '--output', 'yaml']);
    expect(parse(yaml.stdout)).toEqual((await node.enim(['list', '--json'])).json);

    const [head, ...lines] = (await node.enim(['list', '-o', 'csv'])).stdout.trimEnd().split('\n');
    expect(head).toMatch(/^eni,state,mac,nic,/);
    expect(lines.map((line) => line.split(',').slice(0, 4))).toEqual(
      (await list(node)).map(({ id, state, mac, link }) => [id, state, mac, link?.name]),
    );
  });

  it('fits the terminal that it is on, in colour unless that is declined', async () => {
    const inTerminal = async (columns: number, env = {}): Promise<string> => {
      const line = `stty cols ${columns}; enim list -o wide`;
      const { stdout } = await node.start(['script', '-qec', line, '/dev/null'], {
        env: { TERM: 'xterm', PATH: `${dirname(EXECUTABLE)}:${node.env.PATH}`, ...env },
      }).result;
      return stdout.replaceAll('\r', '');
    };
    const narrow = await inTerminal(90);
    const lines = stripVTControlCharacters(narrow).trimEnd().split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(90);
    expect(lines.at(-1)).toMatch(/enim list -o wide \| less -S$/);
    expect(narrow).toContain('\u001b[32mfree\u001b[39m');
    expect(await inTerminal(90, { NO_COLOR: '1' })).toBe(stripVTControlCharacters(narrow));
    expect(stripVTControlCharacters(await inTerminal(250))).toBe((await node.enim(['list', '-o', 'wide'])).stdout);
  });

  describe('for people', () => {
    it('prints a line for each ENI with state, NIC, address, owner and container', async () => {
      await add(node, 'default/web-0', pod);

      const { code, stdout } = await node.enim(['list']);
      expect(code).toBe(0);
      const line = (id: string): string => stdout.split('\n').find((each) => each.startsWith(id)) ?? '';
      for (const part of ['used', 'eth0', node.eni(0).ipv4.address, 'default/web-0', 'web-0']) {
        expect(line(node.eni(0).id)).toContain(part);
      }
      expect(line(node.eni(1).id)).toMatch(/free.*eni1/);
    });

    it('has no colour and no frames when it is piped', async () => {
      const { stdout } = await node.enim(['list'], { env: { TERM: 'xterm-256color' } });

      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what must not be there
      expect(stdout).not.toMatch(/[\u001b│─┌┐└┘]/);
    });

    it('says everything with --output wide', async () => {
      await add(node, 'default/web-0', pod, [], 'a-container-id-that-is-much-too-long-for-a-narrow-table');

      const { stdout } = await node.enim(['list', '--output', 'wide']);
      const { mac, ipv4, ipv6 } = node.eni(0);
      for (const part of [mac, ipv4.address, ipv6.address, 'a-container-id-that-is-much-too-long-for-a-narrow-table']) {
        expect(stdout).toContain(part);
      }
    });

    it('prints just the IDs with --output name', async () => {
      const { stdout } = await node.enim(['list', '--output', 'name']);

      expect(stdout).toBe(node.enis.map(({ id }) => `${id}\n`).join(''));
    });

    it('prints the same document with --output json as with --json', async () => {
      const [output, flag] = [await node.enim(['list', '--output', 'json']), await node.enim(['list', '--json'])];

      expect(output.json).toBeDefined();
      expect(output.json).toEqual(flag.json);
    });

    it('says so when there are none', async () => {
      node.writeSettings({ provider: 'static', static: { enis: [] } });

      const { code, stdout, stderr } = await node.enim(['list']);
      expect(code).toBe(0);
      expect(stdout + stderr).toMatch(/no ENIs/i);
    });
  });

  it.each([
    ['--state', 'lost'],
    ['--output', 'xml'],
  ])('refuses %s %s, and says what can be', async (flag, value) => {
    expectRefusal(await node.enim(['list', flag, value]), {
      code: 2,
      mentions: [flag, value, flag === '--state' ? 'orphan' : 'wide'],
    });
  });
});
