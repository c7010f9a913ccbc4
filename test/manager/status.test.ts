import { describe, expect, it } from '@jest/globals';
import { readiness } from '../../src/manager/status.js';
import { EnimError } from '../../src/model/errors.js';
import { macOf } from '../model/samples.js';
import type { Machine } from './machine.js';
import { addTo, nodeWith } from './node.js';

/** A node with ENIs, one of which a pod has. */
async function node(count: number): Promise<{ machine: Machine; inode: number }> {
  const machine = nodeWith(count);
  const { inode } = machine.addPod('web-0');
  await addTo(machine);
  return { machine, inode };
}

const READY = { unavailable: null, suffering: [] };

describe('readiness', () => {
  it('is there while an ENI is free, and looking changes nothing', async () => {
    const { machine } = await node(2);
    const before = machine.show();
    expect(await readiness(machine.parts(), 'enim')).toEqual(READY);
    expect([machine.show(), machine.locks.names]).toEqual([before, []]);
  });

  it('is not there where all are given out, and says what became of them', async () => {
    const { machine } = await node(1);
    expect(await readiness(machine.parts(), 'enim')).toEqual({
      ...{ unavailable: 'No ENI is free (1 known: 1 used).', suffering: [] },
    });
  });

  it('counts what cannot be given out for other reasons', async () => {
    const { machine } = await node(3);
    machine.kernel.addDevice({ name: 'twin', mac: macOf(2) });
    const home = machine.kernel.in(1);
    home.splice(
      home.findIndex(({ name }) => name === 'ens3'),
      1,
    );
    expect((await readiness(machine.parts(), 'enim')).unavailable).toBe(
      'No ENI is free (3 known: 1 used, 1 quarantined, 1 missing).',
    );
  });

  it('is not there where no ENI is known', async () => {
    expect((await readiness(nodeWith(0).parts(), 'enim')).unavailable).toBe(
      'The provider static is not ready: the settings name no ENIs, and none were discovered.',
    );
  });

  it('is not there where the provider fails, or the node cannot be looked at', async () => {
    for (const failing of ['provider.health', 'provider.list', 'links.lookHome', 'store.list']) {
      const { machine } = await node(2);
      machine.interference.before = (call) => {
        if (call === failing) throw new EnimError('TOOL_TIMEOUT', 'It gave no answer');
      };
      const { unavailable } = await readiness(machine.parts(), 'enim');
      expect([failing, unavailable]).toEqual([failing, expect.stringContaining('It gave no answer')]);
    }
  });

  it('says which pods have lost what they had, of this network alone', async () => {
    const { machine, inode } = await node(2);
    machine.addPod('db-0');
    await addTo(machine, { network: 'pods', owner: 'default/db-0', containerID: 'c1', netns: 'db-0' });
    machine.kernel.in(inode).splice(1);
    machine.killPod({ inode: machine.kernel.paths.get('/run/netns/db-0') as number });
    const lost = 'default/web-0 has lost ENI eni-1: its netns is alive, but no device is in it';
    expect((await readiness(machine.parts(), 'enim')).suffering).toEqual([lost]);
    expect((await readiness(machine.parts(), 'pods')).suffering).toEqual([
      'default/db-0 has lost ENI eni-2: its netns is gone; run: enim gc',
    ]);
    expect((await readiness(machine.parts(), 'other')).suffering).toEqual([]);
  });

  it('is there although pods suffer, while another ENI is free', async () => {
    const { machine, inode } = await node(2);
    machine.kernel.in(inode).splice(1);
    const { unavailable, suffering } = await readiness(machine.parts(), 'enim');
    expect([unavailable, suffering.length]).toEqual([null, 1]);
  });
});
