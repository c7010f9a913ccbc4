import { describe, expect, it } from '@jest/globals';
import { ipamAdd, ipamCheck, ipamDel } from '../../src/cni/ipam.js';
import { macOf } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import { CniNode } from './node.js';

const network = { type: 'host-device', ipam: { type: 'enim' } };

describe('enim as the IPAM plugin of another', () => {
  it.each(['0.3.1', '1.1.0'])(
    'answers addresses, routes and the device, and no interfaces, in version %s',
    async (cniVersion) => {
      const node = new CniNode();
      const family = (version: string): object => (cniVersion === '0.3.1' ? { version } : {});
      expect(await ipamAdd(node.task('ADD', { ...network, cniVersion }))).toEqual({
        cniVersion,
        ips: [
          { ...family('4'), address: '10.0.0.11/24', gateway: '10.0.0.1' },
          { ...family('6'), address: 'fd00::11/64', gateway: 'fd00::1' },
        ],
        routes: [
          { dst: '0.0.0.0/0', gw: '10.0.0.1' },
          { dst: '::/0', gw: 'fd00::1' },
        ],
        enim: { eni: 'eni-1', mac: macOf(1), ifindex: 11, name: 'ens1', pciAddress: '0000:00:11.0' },
      });
    },
  );

  it('names the PCI device that a virtio card sits on', async () => {
    const node = new CniNode();
    node.makeVirtio('0000:00:09.0');
    expect(await ipamAdd(node.task('ADD', network))).toMatchObject({
      enim: { name: 'ens1', pciAddress: '0000:00:09.0' },
    });
  });

  it('moves nothing, and answers the same again', async () => {
    const node = new CniNode();
    const first = await ipamAdd(node.task('ADD', network));
    expect(await ipamAdd(node.task('ADD', network))).toEqual(first);
    expect(node.machine.kernel.changes).toEqual([]);
  });

  it('takes the ENI back any number of times', async () => {
    const node = new CniNode();
    const before = node.machine.show();
    await ipamAdd(node.task('ADD', network));
    for (let times = 0; times < 3; times += 1)
      expect(await ipamDel(node.task('DEL', network, { CNI_NETNS: '' }))).toBeUndefined();
    expect(node.machine.show()).toBe(before);
  });

  it('is content with a CHECK while it knows of the container', async () => {
    const node = new CniNode();
    await ipamAdd(node.task('ADD', network));
    expect(await ipamCheck(node.task('CHECK', network))).toBeUndefined();
    await ipamDel(node.task('DEL', network));
    const error = await enimErrorOf(() => ipamCheck(node.task('CHECK', network)));
    expect([error.code, error.message.includes('nothing is recorded of it')]).toEqual(['CHECK_FAILED', true]);
  });
});
