import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { must } from '../fabric/exec.js';
import { netnsPath } from '../fabric/netns.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';

/** As somebody may have set them for a NIC at home; the kernel's own are 0, 0, 1000, 3, 1000, 3 and 1. */
const AT_HOME = {
  'ipv4/conf/%/arp_notify': '1',
  'ipv6/conf/%/ndisc_notify': '1',
  'ipv4/neigh/%/retrans_time_ms': '500',
  'ipv4/neigh/%/mcast_solicit': '7',
  'ipv6/neigh/%/retrans_time_ms': '600',
  'ipv6/neigh/%/mcast_solicit': '8',
  'ipv6/conf/%/accept_dad': '0',
};

describeEndToEnd('the sysctls that enim sets in pods', () => {
  let node: Node;
  let pod: Pod;
  let ifname: string;

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
    ({ ifname } = node.eni(0));
    for (const [key, value] of Object.entries(AT_HOME))
      await at(node.netns, 'sh', '-c', `echo ${value} > /proc/sys/net/${key.replace('%', ifname)}`);
  });

  afterEach(() => node.destroy());

  const at = (netns: string, ...command: string[]): Promise<string> =>
    must('nsenter', [`--net=${netnsPath(netns)}`, ...command]);

  const valuesOf = async (netns: string, name: string): Promise<string[]> => {
    const paths = Object.keys(AT_HOME).map((key) => `/proc/sys/net/${key.replace('%', name)}`);
    return (await at(netns, 'cat', ...paths)).trim().split('\n');
  };

  it('have at home the values that they had before, after a del', async () => {
    expect((await node.enim(['add', 'default/web-0', '--netns', pod.path])).code).toBe(0);
    expect(await valuesOf(pod.netns, 'eth0')).toEqual(['1', '1', '100', '30', '100', '30', '0']);

    expect((await node.enim(['del', 'default/web-0'])).code).toBe(0);

    expect(await valuesOf(node.netns, ifname)).toEqual(Object.values(AT_HOME));
  });

  it('have them also where gc brings home what a dead pod has left', async () => {
    await node.enim(['add', 'default/web-0', '--netns', pod.path]);
    await node.simulateCardReturn(pod, 'eth0');

    expect((await node.enim(['gc', '--grace', '0s'])).code).toBe(0);

    expect(await valuesOf(node.netns, ifname)).toEqual(Object.values(AT_HOME));
  });
});
