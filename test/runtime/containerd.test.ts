/** enim as the network of a node whose kubelet talks CRI to containerd. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { list, show } from '../fabric/answers.js';
import { type Bed, createBed, describeWithRuntimes, NETWORK } from './bed.js';
import { type Containerd, NAMESPACE, startContainerd } from './containerd.js';

describeWithRuntimes('containerd', () => {
  let bed: Bed;
  let containerd: Containerd;

  const start = async (options: Parameters<typeof createBed>[0] = {}): Promise<void> => {
    bed = await createBed(options);
    containerd = await startContainerd(bed);
  };

  afterEach(() => bed.destroy());

  it('gives a pod an ENI as eth0, with which its containers reach the gateway', async () => {
    await start();
    const eni = bed.node.eni(0);
    await containerd.runPod('web-0');
    await containerd.runContainer('web-0', 'main');

    const { stdout } = await containerd.exec('web-0', 'main', 'ip', '-o', 'addr', 'show', 'dev', 'eth0');
    expect(stdout).toContain(` inet ${eni.ipv4.address} `);
    expect(stdout).toContain(` inet6 ${eni.ipv6.address} `);
    const ping = await containerd.exec('web-0', 'main', 'ping', '-c1', '-W5', eni.ipv4.gateway);
    expect(ping).toMatchObject({ code: 0, stdout: expect.stringContaining(' 0% packet loss') });
  });

  it('shows in a pod’s status what the pod has', async () => {
    await start();
    const { mac, ipv4, ipv6 } = bed.node.eni(0);
    await containerd.runPod('web-0');

    const status = await containerd.status('web-0');
    const [ip4, ip6] = [ipv4, ipv6].map(({ address }) => address.replace(/\/.*/, ''));
    expect(status).toMatchObject({ ready: true, ip: ip4, additional_ips: [ip6] });
    expect(status.cniResult.Interfaces.eth0).toEqual({
      IPConfigs: [
        { IP: ip4, Gateway: ipv4.gateway },
        { IP: ip6, Gateway: ipv6.gateway },
      ],
      ...{ Mac: mac, Sandbox: status.netns },
    });
  });

  it('is listed with the pod’s namespace and name as owner', async () => {
    await start();
    const containerID = await containerd.runPod('web-0');

    expect(await show(bed.node, bed.node.eni(0))).toMatchObject({
      state: 'used',
      link: { name: 'eth0' },
      attachment: { owner: `${NAMESPACE}/web-0`, containerID, ifname: 'eth0', network: NETWORK },
    });
  });

  it('has the NIC home under its name when the pod is stopped, and may stop and remove it once more', async () => {
    await start();
    await containerd.runPod('web-0');

    await containerd.stopPod('web-0');
    await bed.expectAllHome();
    await containerd.stopPod('web-0');
    await containerd.removePod('web-0');
    await bed.expectAllHome();
  });

  it('calls ADD, DEL, and DEL again without a netns; a later DEL leaves the ENI’s next pod alone', async () => {
    await start({ enis: 1, traced: true });
    const first = await containerd.runPod('web-0');
    await containerd.stopPod('web-0');
    const second = await containerd.runPod('web-1');
    await containerd.removePod('web-0');

    const of = (id: string) => bed.calls().filter(({ CNI_CONTAINERID }) => CNI_CONTAINERID === id);
    expect(of(first)).toMatchObject([
      { CNI_COMMAND: 'ADD', CNI_NETNS: expect.stringMatching(/./), rc: 0 },
      { CNI_COMMAND: 'DEL', CNI_NETNS: expect.stringMatching(/./), rc: 0, stdout: '' },
      { CNI_COMMAND: 'DEL', CNI_NETNS: '', rc: 0, stdout: '' },
    ]);
    expect(of(first).map(({ stdin }) => 'prevResult' in stdin)).toEqual([false, true, false]);
    expect(of(second)).toMatchObject([{ CNI_COMMAND: 'ADD', rc: 0 }]);
    expect(await show(bed.node, bed.node.eni(0))).toMatchObject({ attachment: { owner: `${NAMESPACE}/web-1` } });
  });

  describe('with many pods', () => {
    it('starts 16 at once, each with an address of its own, and ends them all at once', async () => {
      await start({ enis: 16 });

      expect(await containerd.burst('web', 16)).toMatchObject({
        run: { ok: 16, failed: 0 },
        distinct_ips: 16,
        stop_and_remove: { ok: 16, failed: 0 },
      });
      await bed.expectAllHome();
    });

    it('refuses a pod for which there is no ENI, and starts it when another has gone', async () => {
      await start({ enis: 2, traced: true });
      await containerd.runPod('web-0');
      await containerd.runPod('web-1');

      const refused = await containerd.tryPod('web-2');
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('No ENI is free') });
      expect(bed.calls().find(({ rc }) => rc !== 0)).toMatchObject({ CNI_COMMAND: 'ADD', stdout: { code: 103 } });

      await containerd.deletePod('web-0');
      await containerd.runPod('web-2');
      const owners = (await list(bed.node)).map(({ attachment }) => attachment?.owner);
      expect(owners.sort()).toEqual([`${NAMESPACE}/web-1`, `${NAMESPACE}/web-2`]);
    });

    it('refuses the surplus of a burst alone', async () => {
      await start({ enis: 4 });

      expect(await containerd.burst('web', 6)).toMatchObject({
        run: { ok: 4, failed: 2, first_error: expect.stringContaining('No ENI is free') },
        distinct_ips: 4,
      });
      await bed.expectAllHome();
    });
  });
});
