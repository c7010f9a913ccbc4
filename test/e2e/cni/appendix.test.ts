/** The examples of the CNI specification's appendix (1.1.0, "Appendix: Examples") that concern a plugin which makes an interface. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type CniCall, type CniResult, callPlugin, resultOf } from '../../fabric/cni.js';
import { createNode, type Node } from '../../fabric/node.js';
import type { Pod } from '../../fabric/pod.js';
import { describeEndToEnd } from '../../fabric/requirements.js';

/** The first plugin of the network list "dbnet", as a runtime hands it on; our type, and keys that are another plugin's. */
const DBNET = {
  ...{
    cniVersion: '1.1.0',
    name: 'dbnet',
    type: 'enim',
    bridge: 'cni0',
    keyA: ['some more', 'plugin specific', 'configuration'],
  },
  ipam: { type: 'host-local', subnet: '10.1.0.0/16', gateway: '10.1.0.1' },
  dns: { nameservers: ['10.1.0.1'] },
};

/** What the IPAM plugin of the example answers. */
const FROM_IPAM = {
  ips: [{ address: '10.1.0.5/16', gateway: '10.1.0.1' }],
  routes: [{ dst: '0.0.0.0/0' }],
  dns: { nameservers: ['10.1.0.1'] },
};

describeEndToEnd('the examples of the specification', () => {
  let node: Node;
  let pod: Pod;
  let bin: string;
  beforeEach(async () => {
    node = await createNode({ enis: 1 });
    pod = await node.pod('blue');
    bin = join(node.dir, 'bin');
    mkdirSync(bin);
    writeFileSync(
      join(bin, 'host-local'),
      `#!/bin/sh\necho "$CNI_COMMAND" >> ${bin}/calls\n[ $CNI_COMMAND = ADD ] && echo '${JSON.stringify(FROM_IPAM)}'\nexit 0\n`,
    );
    chmodSync(join(bin, 'host-local'), 0o755);
  });
  afterEach(() => node.destroy());

  const call = (network: object = {}): CniCall => ({ netns: pod.path, path: bin, network: { ...DBNET, ...network } });
  const add = (): Promise<CniResult> => resultOf(node, 'ADD', call());

  it('add: delegates to the IPAM plugin, sets up the interface, and answers both', async () => {
    expect(await add()).toEqual({
      cniVersion: '1.1.0',
      interfaces: [{ name: 'eth0', mac: node.eni(0).mac, mtu: 1500, sandbox: pod.path }],
      ips: [{ address: '10.1.0.5/16', gateway: '10.1.0.1', interface: 0 }],
      routes: [{ dst: '0.0.0.0/0', gw: '10.1.0.1' }],
      dns: { nameservers: ['10.1.0.1'] },
    });
  });

  it('check: gets the result of the whole list, with what later plugins made of it', async () => {
    const { interfaces = [], ...result } = await add();
    // As after the plugin "tuning", which had changed the MAC.
    const mac = '00:11:22:33:44:66';
    await pod.ip(
      'link set dev eth0 down',
      `link set dev eth0 address ${mac}`,
      'link set dev eth0 up',
      'route replace default via 10.1.0.1 dev eth0',
    );
    const prevResult = {
      ...result,
      interfaces: [{ name: 'cni0', mac: '00:11:22:33:44:55' }, ...interfaces.map((each) => ({ ...each, mac }))],
    };
    const ips = result.ips?.map((ip) => ({ ...ip, interface: 1 }));
    expect(await callPlugin(node, 'CHECK', call({ prevResult: { ...prevResult, ips } }))).toMatchObject({
      code: 0,
      stdout: '',
    });
    expect(readFileSync(join(bin, 'calls'), 'utf8')).toBe('ADD\nCHECK\n');
  });

  it('delete: gets the result, too, and succeeds without output', async () => {
    const before = await node.kernelState();
    const prevResult = await add();
    expect(await callPlugin(node, 'DEL', call({ prevResult }))).toMatchObject({ code: 0, stdout: '' });
    expect(readFileSync(join(bin, 'calls'), 'utf8')).toBe('ADD\nDEL\n');
    expect((await node.kernelState()).home).toEqual(before.home);
  });
});
