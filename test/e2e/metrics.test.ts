import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { add } from '../fabric/answers.js';
import { must, run } from '../fabric/exec.js';
import { expectUnchanged } from '../fabric/expectations.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd, describeWith, programFault } from '../fabric/requirements.js';

/** Samples of a text, without comments: name and labels → value. */
function samples(text: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

describeEndToEnd('enim metrics', () => {
  let node: Node;
  let pod: Pod;

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
  });

  afterEach(() => node.destroy());

  const metrics = async (): Promise<Record<string, number>> => {
    const { code, stdout, stderr } = await node.enim(['metrics']);
    expect([code, stderr]).toEqual([0, '']);
    return samples(stdout);
  };

  it('counts on a node that nobody has used yet', async () => {
    expect(await metrics()).toMatchObject({
      'enim_enis{state="free"}': 3,
      'enim_look_success{look="enis"}': 1,
      enim_provider_healthy: 1,
      enim_state_good: 1,
    });
  });

  it('shows the traffic of a NIC in a pod as the pod itself counts it', async () => {
    await add(node, 'default/web-0', pod);
    const gateway = node.eni(0).ipv4.gateway;
    await must('nsenter', [`--net=${pod.path}`, 'ping', '-q', '-c', '3', '-i', '0.01', gateway]);
    await pod.ip('link set dev eth0 down');
    const [raw] = JSON.parse(await must('ip', ['-n', pod.netns, '-j', '-s', 'link', 'show', 'dev', 'eth0']));

    const seen = await metrics();

    const { id } = node.eni(0);
    expect(raw.stats64.rx.packets).toBeGreaterThan(2);
    expect(seen).toMatchObject({
      [`enim_eni_state{eni="${id}",state="used"}`]: 1,
      [`enim_nic_receive_bytes_total{eni="${id}"}`]: raw.stats64.rx.bytes,
      [`enim_nic_receive_packets_total{eni="${id}"}`]: raw.stats64.rx.packets,
      [`enim_nic_transmit_bytes_total{eni="${id}"}`]: raw.stats64.tx.bytes,
      [`enim_nic_transmit_packets_total{eni="${id}"}`]: raw.stats64.tx.packets,
      'enim_attachments{network="enim",role="main"}': 1,
      'enim_gc_verdicts{action="keep"}': 1,
      enim_state_generation: node.state()?.generation,
    });
  });

  it('tells what gc would reclaim, and changes nothing', async () => {
    await add(node, 'default/web-0', pod);
    await node.simulateCardReturn(pod, 'eth0');

    await expectUnchanged(node, async () => {
      expect(await metrics()).toMatchObject({
        'enim_enis{state="orphan"}': 1,
        'enim_gc_verdicts{action="reclaim"}': 1,
      });
    });
  });

  it('goes on with a damaged state: says so, and leaves it to others to mend', async () => {
    await add(node, 'default/web-0', pod);
    node.writeState('{');

    await expectUnchanged(node, async () => {
      const { code, stdout, stderr } = await node.enim(['metrics']);
      expect(code).toBe(0);
      expect(stderr).toMatch(/^warning: enis: The state file .* cannot be used as it is\.$/m);
      expect(samples(stdout)).toMatchObject({ 'enim_look_success{look="enis"}': 0, enim_state_good: 0 });
      expect(stdout).not.toContain('enim_enis{');
    });
  });

  it('has the same as a document', async () => {
    const { json } = await node.enim(['metrics', '--json']);
    const { metrics: families } = json as { metrics: { name: string; samples: unknown[] }[] };
    expect(families.find(({ name }) => name === 'enim_enis')?.samples).toContainEqual({
      labels: { state: 'free' },
      value: 3,
    });
    const names = families.filter(({ samples: all }) => all.length > 0).map(({ name }) => name);
    expect([...new Set(Object.keys(await metrics()).map((key) => key.split('{')[0]))]).toEqual(names);
  });

  describeWith('to the eyes of Prometheus', [programFault('promtool')], () => {
    it('is well-formed, and named as it likes', async () => {
      await add(node, 'default/web-0', pod);
      const { stdout } = await node.enim(['metrics']);
      expect(await run('promtool', ['check', 'metrics'], { input: stdout })).toMatchObject({ code: 0, stderr: '' });
    });
  });
});
