import { expect, it } from '@jest/globals';
import { survey } from '../../src/manager/survey.js';
import { macOf } from '../model/samples.js';
import { nodeWith } from './node.js';

it('a survey shows all links at home that could be ENIs, with what speaks against each', async () => {
  const machine = nodeWith(1);
  machine.kernel.addDevice({ name: 'br0', mac: macOf(20), kind: 'bridge' });
  machine.kernel.addDevice({ name: 'veth0', mac: macOf(21), kind: 'veth', master: 'br0' });
  machine.kernel.addDevice({ name: 'sit0', mac: '0.0.0.0' });
  const nics = await survey(machine.parts().links);
  expect(nics.map(({ link, refusals }) => [link.name, ...refusals])).toEqual([
    ['ens0', 'it carries the default route', 'it has host addresses that are not the inventory’s: 192.0.2.2/24'],
    ['ens1'],
    ['veth0', 'it is a member of br0'],
  ]);
});
