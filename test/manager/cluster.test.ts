import { describe, expect, it } from '@jest/globals';
import { listCluster } from '../../src/manager/cluster.js';
import { sampleEndpoint } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import { nodeWith } from './node.js';
import { registryWith } from './registry.js';

describe('the ENIs of other nodes', () => {
  const base = { id: 'eni-7', node: 'node-2', mac: '02:e0:00:00:00:07', addresses: ['10.0.0.7'], note: null };

  it('are what the provider’s records say, of the node that was asked for', async () => {
    const machine = nodeWith(1);
    const asked: (string | null)[] = [];
    machine.registry = registryWith({
      enis: async (node) => {
        asked.push(node);
        return [
          { ...base, state: 'used', holder: sampleEndpoint({ uid: 'u' }), since: null },
          { ...base, state: 'Pending', holder: null, since: null },
        ];
      },
    });
    const attachment = { owner: 'default/web-0', containerID: 'c1', ifname: 'eth0', network: 'enim', since: null };
    const { name: provider } = machine.parts().provider;
    expect(await listCluster(machine.parts(), 'node-2')).toEqual([
      { ...base, state: 'used', provider, attachment },
      { ...base, state: 'Pending', provider, attachment: null },
    ]);
    await listCluster(machine.parts(), null);
    expect(asked).toEqual(['node-2', null]);
  });

  it('are refused by a provider that only knows its own', async () => {
    expect(await enimErrorOf(() => listCluster(nodeWith(1).parts(), null))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      hint: expect.stringContaining('enim list'),
    });
  });
});
