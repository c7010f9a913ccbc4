import { describe, expect, it } from '@jest/globals';
import { allocateByHand } from '../../src/manager/byhand.js';
import { prune } from '../../src/manager/prune.js';
import { EnimError } from '../../src/model/errors.js';
import { sampleEndpoint } from '../model/samples.js';
import { countSteps, dieAtCall } from './faults.js';
import type { Machine } from './machine.js';
import { addTo, nodeWith } from './node.js';

const NETWORK = 'pods';
/** Containers `c0` to `c2` of the network have `eni-1` to `eni-3`; `c3` of another network has `eni-4`. */
async function node(): Promise<{ machine: Machine; inodes: number[] }> {
  const machine = nodeWith(5);
  const inodes: number[] = [];
  for (let number = 0; number < 4; number += 1) {
    inodes.push(machine.addPod(`web-${number}`).inode);
    await addTo(machine, {
      ...{ network: number < 3 ? NETWORK : 'other', owner: `default/web-${number}` },
      ...{ containerID: `c${number}`, netns: `web-${number}`, eni: `eni-${number + 1}` },
    });
  }
  return { machine, inodes };
}

const held = (machine: Machine): string[] =>
  machine
    .show()
    .split('\n')
    .flatMap((line) => /^held (\S+)/.exec(line)?.[1] ?? []);
const recorded = (machine: Machine): string[] => [...machine.attachments.values()].map(({ eni }) => eni.id).sort();
const valid = (...containers: string[]) => containers.map((containerID) => ({ containerID, ifname: 'eth0' }));

describe('prune', () => {
  it('gives back what is not valid, and nothing else', async () => {
    const { machine, inodes } = await node();
    machine.killPod({ inode: inodes[1] ?? 0 });
    expect(await prune(machine.parts(), NETWORK, valid('c0', 'c2'))).toEqual([
      { key: { network: NETWORK, containerID: 'c1', ifname: 'eth0' }, error: null },
    ]);
    expect([recorded(machine), held(machine)]).toEqual([
      ['eni-1', 'eni-3', 'eni-4'],
      ['eni-1', 'eni-3', 'eni-4'],
    ]);
    expect(machine.kernel.in(1).map(({ name }) => name)).toContain('ens2');
    expect(machine.locks.names).toEqual([]);
  });

  it('has nothing to do where all is valid, or more than there is', async () => {
    const { machine } = await node();
    const before = machine.show();
    expect(await prune(machine.parts(), NETWORK, valid('c0', 'c1', 'c2', 'c9'))).toEqual([]);
    expect(await prune(machine.parts(), 'unknown', [])).toEqual([]);
    expect(machine.show()).toBe(before);
  });

  it('takes nothing if whoever asked has gone before it had looked, for his list is out of date', async () => {
    const { machine } = await node();
    const before = machine.show();
    const client = new AbortController();
    let turns = 0;
    machine.onSleep = () => {
      turns += 1;
      if (turns === 2) client.abort();
    };
    expect(await prune(machine.parts(), NETWORK, [], client.signal)).toEqual([]);
    expect(machine.show()).toBe(before);
  });

  it('ends between two attachments', async () => {
    const { machine } = await node();
    const client = new AbortController();
    machine.interference.before = (call) => {
      if (call === 'links.moveHome') client.abort();
    };
    expect((await prune(machine.parts(), NETWORK, [], client.signal)).map(({ key }) => key.containerID)).toEqual([
      'c0',
    ]);
    expect([recorded(machine), held(machine)]).toEqual([
      ['eni-2', 'eni-3', 'eni-4'],
      ['eni-2', 'eni-3', 'eni-4'],
    ]);
  });

  it('leaves alone what belongs to another network (containernetworking/cni#1086)', async () => {
    const { machine } = await node();
    expect((await prune(machine.parts(), NETWORK, [])).map(({ key }) => key.containerID)).toEqual(['c0', 'c1', 'c2']);
    expect([recorded(machine), held(machine)]).toEqual([['eni-4'], ['eni-4']]);
  });

  it('leaves alone what is held by hand', async () => {
    const machine = nodeWith(1);
    await allocateByHand(machine.parts(), 'default/mine', null);
    expect(await prune(machine.parts(), NETWORK, [])).toEqual([]);
    expect(held(machine)).toEqual(['eni-1']);
  });

  it('tells the interfaces of one container apart', async () => {
    const { machine } = await node();
    await addTo(machine, { network: NETWORK, containerID: 'c0', ifname: 'net1', owner: 'default/web-0' });
    const gone = await prune(machine.parts(), NETWORK, [...valid('c1', 'c2'), { containerID: 'c0', ifname: 'net1' }]);
    expect(gone.map(({ key }) => `${key.containerID}/${key.ifname}`)).toEqual(['c0/eth0']);
  });

  it('takes the NIC even out of a netns that lives: the runtime’s word counts', async () => {
    const { machine, inodes } = await node();
    await prune(machine.parts(), NETWORK, valid('c1', 'c2'));
    expect(machine.kernel.in(inodes[0] ?? 0).map(({ name }) => name)).toEqual(['lo']);
    expect(machine.kernel.in(1).map(({ name }) => name)).toContain('ens1');
  });

  it('gives back what only the provider, or only a record, speaks of', async () => {
    const { machine } = await node();
    await machine.parts().provider.allocate(sampleEndpoint({ network: NETWORK, containerID: 'c9' }), ['eni-5']);
    const { 'eni-1': _, ...others } = machine.allocations;
    machine.allocations = others;
    machine.attachments.delete(`${NETWORK}/c1/eth0`);
    const gone = await prune(machine.parts(), NETWORK, valid('c2'));
    expect(gone.map(({ key, error }) => [key.containerID, error]).sort()).toEqual([
      ['c0', null],
      ['c1', null],
      ['c9', null],
    ]);
    expect([recorded(machine), held(machine)]).toEqual([
      ['eni-3', 'eni-4'],
      ['eni-3', 'eni-4'],
    ]);
  });

  it('goes on after a failure, and says what it was', async () => {
    const { machine } = await node();
    let moves = 0;
    machine.interference.before = (call) => {
      if (call !== 'links.moveHome') return;
      moves += 1;
      if (moves === 1) throw new EnimError('LINK_FAILED', 'The way home is shut.');
    };
    const gone = await prune(machine.parts(), NETWORK, []);
    expect(gone.map(({ error }) => error)).toEqual(['The way home is shut.', null, null]);
    expect(recorded(machine)).toEqual(['eni-1', 'eni-4']);
    machine.interference = {};
    expect((await prune(machine.parts(), NETWORK, [])).map(({ error }) => error)).toEqual([null]);
    expect([recorded(machine), machine.locks.names]).toEqual([['eni-4'], []]);
  });

  it('that was killed at any step is finished by the next', async () => {
    const make = async (): Promise<Machine> => (await node()).machine;
    const run = (machine: Machine) => prune(machine.parts(), NETWORK, valid('c2'));
    const whole = await make();
    await run(whole);
    const { calls } = await countSteps(make, run);
    for (const [index, call] of calls.entries()) {
      const machine = await make();
      await dieAtCall(machine, index, 'before', async (each) => {
        const gone = await run(each);
        if (gone.some(({ error }) => error?.startsWith('dead'))) throw new Error('dead');
      });
      await run(machine);
      expect([index, call, machine.show()]).toEqual([index, call, whole.show()]);
    }
  });
});
