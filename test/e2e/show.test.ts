import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { add, answer } from '../fabric/answers.js';
import type { EnimResult } from '../fabric/executable.js';
import { expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';

describeEndToEnd('enim show', () => {
  let node: Node;
  let pod: Pod;

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
  });

  afterEach(() => node.destroy());

  const show = async (word: string): Promise<Record<string, never>[]> =>
    answer<{ nics: Record<string, never>[] }>(await node.enim(['show', word, '--json'])).nics;
  const page = (word: string): Promise<EnimResult> => node.enim(['show', word]);
  const take = () => add(node, 'default/web-0', pod, ['--eni', node.eni(0).id], 'c0');

  it('tells of an ENI in a pod what where and list tell, its traffic there, and who has had it', async () => {
    await take();
    await node.enim(['del', 'default/web-0']);
    await take();
    await pod.run('ping', '-q', '-c', '2', '-i', '0.01', node.eni(0).ipv4.gateway);

    const [shown] = await expectUnchanged(node, () => show(node.eni(0).id));
    const one = async (command: string[]) => answer<Record<string, unknown[]>>(await node.enim([...command, '--json']));
    expect(shown?.nic).toEqual((await one(['where', node.eni(0).id])).nics?.[0]);
    expect(shown?.eni).toEqual((await one(['list', '--filter', `eni=${node.eni(0).id}`])).enis?.[0]);
    expect(shown?.history).toEqual((await one(['history', node.eni(0).id])).holdings);
    expect(shown?.history).toHaveLength(2);
    expect(shown).toMatchObject({
      settings: {
        ...{ mac: node.eni(0).mac, up: true, carrier: true },
        addresses: expect.arrayContaining([node.eni(0).ipv4.address, node.eni(0).ipv6.address]),
      },
      quarantine: null,
      next: `enim del default/web-0 --container-id c0`,
    });
    const { received, sent } = (shown?.traffic ?? {}) as Record<string, Record<string, number>>;
    expect([received?.packets, sent?.packets].every((count) => (count ?? 0) >= 2)).toBe(true);

    const { code, stdout } = await page('default/web-0');
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(new RegExp(`^${node.eni(0).id} \\(${node.eni(0).mac}`));
    for (const part of [
      ...[/^ {2}state +used$/m, /^ {2}where +is in network namespace \d+ as eth0$/m, /^ {2}path +\/run\/netns\//m],
      ...[
        /^ {2}record +default\/web-0, container c0, network enim, attached since \d+s$/m,
        /^ {2}link +up, MTU 1500$/m,
      ],
      ...[
        /^ {2}received +[\d.]+ (B|KiB), \d+ packets, 0 errors, \d+ dropped$/m,
        /^ {2}sent +[\d.]+ (B|KiB), \d+ packets/m,
      ],
      ...[/^ {2}bring it home: enim del default\/web-0 --container-id c0$/m, /^\d+s +\S+ +default\/web-0 +c0 .* del$/m],
    ])
      expect(stdout).toMatch(part);
  });

  it('of a free one says that there is nothing to do', async () => {
    const { stdout } = await page('eni1');
    expect(stdout).toMatch(/^ {2}state +free$/m);
    expect(stdout).toMatch(/^ {2}where +is at home as eni1$/m);
    expect(stdout).toMatch(/^ {2}next: nothing to do\n$/m);
  });

  it('of one in quarantine says why, until when, and how to end it', async () => {
    await node.enim(['provider', 'quarantine', node.eni(0).id, '--reason', 'it lost packets']);
    const [shown] = await show(node.eni(0).id);
    expect(shown).toMatchObject({ quarantine: { reason: expect.stringContaining('it lost packets'), until: null } });
    const { stdout } = await page(node.eni(0).id);
    expect(stdout).toMatch(/^ {2}quarantine +.*it lost packets; since \d+s, until it is ended by hand$/m);
    expect(stdout).toContain(`mend it: enim provider restore ${node.eni(0).id}`);
    expect(stdout.match(/it lost packets/g)).toHaveLength(1);
  });

  it('of an orphan says how to mend it', async () => {
    await take();
    await node.simulateCardReturn(pod, 'eth0');
    const { stdout } = await page(node.eni(0).id);
    expect(stdout).toMatch(/^ {2}state +orphan$/m);
    expect(stdout).toMatch(/^ {2}mend it: enim gc$/m);
  });

  it('shows one whose NIC is gone, where where finds nothing', async () => {
    await take();
    await node.start(['ip', '-n', node.fabric, 'link', 'del', 'peer-eni0']).result;
    expect((await node.enim(['where', node.eni(0).id])).code).toBe(4);

    const [shown] = await show(node.eni(0).id);
    expect(shown).toMatchObject({ nic: { at: 'nowhere' }, eni: { state: 'missing' }, settings: null, traffic: null });
    const { code, stdout } = await page(node.eni(0).id);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}where +is not on this machine$/m);
    expect(stdout).toMatch(/^ {2}record +default\/web-0, container c0/m);
    expect(stdout).toMatch(/^ {2}free it: enim del default\/web-0/m);
    await node.enim(['del', 'default/web-0']);
    expect((await page(node.eni(0).id)).stdout).toMatch(/^ {2}next: plug it in again/m);
  });

  it('shows a NIC that is no ENI', async () => {
    await node.ip('link add name spare0 type veth peer name spare1');
    const [shown] = await show('spare0');
    expect(shown).toMatchObject({ eni: null, nic: { eni: null, at: 'home' }, history: [], settings: { up: false } });
    expect((await page('spare0')).stdout).toMatch(/^spare0 .*\n {2}state +no ENI$/m);
  });

  it('refuses a word that nothing is known by', async () => {
    expectRefusal(await page('eni-none'), { code: 4, mentions: ['"eni-none"', 'enim list'] });
  });
});
