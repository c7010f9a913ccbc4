import { describe, expect, it } from '@jest/globals';
import { add } from '../../src/cni/add.js';
import { gc } from '../../src/cni/gc.js';
import { EnimError } from '../../src/model/errors.js';
import { enimErrorOf } from '../model/thrown.js';
import { CniNode } from './node.js';
import { useSignalsAsBefore } from './signals.js';

useSignalsAsBefore();
const valid = (...containers: string[]) => ({
  'cni.dev/valid-attachments': containers.map((containerID) => ({ containerID, ifname: 'eth0' })),
});

/** A node with the containers `a` and `b`. */
async function node(): Promise<CniNode> {
  const made = new CniNode(3);
  made.machine.addPod('b');
  await add(made.task('ADD', {}, { CNI_CONTAINERID: 'a' }));
  await add(made.task('ADD', {}, { CNI_CONTAINERID: 'b', CNI_NETNS: '/run/netns/b' }));
  return made;
}

const containers = ({ machine }: CniNode): string[] =>
  [...machine.attachments.values()].map(({ containerID }) => containerID).sort();

describe('GC', () => {
  it('gives back what the runtime does not name, and prints nothing', async () => {
    const made = await node();
    expect(await gc(made.task('GC', valid('b')))).toBeUndefined();
    expect(containers(made)).toEqual(['b']);
    expect(made.lines).toMatchObject([{ level: 'info', message: 'reclaimed', fields: { containerID: 'a' } }]);
  });

  it('gives back everything of the network where the runtime knows of nothing, and nothing of another', async () => {
    const made = await node();
    await gc(made.task('GC', { ...valid(), name: 'other' }));
    expect(containers(made)).toEqual(['a', 'b']);
    await gc(made.task('GC', valid()));
    expect(containers(made)).toEqual([]);
  });

  it('takes nothing from a living pod where the runtime says nothing', async () => {
    const made = await node();
    await gc(made.task('GC'));
    expect(containers(made)).toEqual(['a', 'b']);
    made.machine.killPod({ inode: 101 });
    await gc(made.task('GC', { name: 'other' }));
    expect(containers(made)).toEqual(['a', 'b']);
    await gc(made.task('GC'));
    expect(containers(made)).toEqual(['b']);
  });

  it('ends when it is interrupted, and hands the list on to nobody', async () => {
    const made = await node();
    const task = made.task('GC', { ...valid(), ipam: { type: 'host-local' } });
    const { code, cniCode } = await enimErrorOf(() => gc({ ...task, interruption: () => AbortSignal.abort() }));
    expect([code, cniCode, made.delegations, containers(made)]).toEqual(['INTERRUPTED', 11, [], ['a', 'b']]);
    const patient = { ...made.task('GC'), interruption: () => AbortSignal.abort() };
    expect((await enimErrorOf(() => gc(patient))).code).toBe('INTERRUPTED');
  });

  it('asks the IPAM plugin, too, and reports all that failed', async () => {
    const made = await node();
    const network = { ...valid(), ipam: { type: 'host-local' } };
    made.machine.interference.before = (call, index) => {
      if (call === 'links.moveHome' && !made.machine.calls.slice(0, index).includes('links.moveHome'))
        throw new EnimError('LINK_FAILED', 'The way home is shut.');
    };
    made.onDelegation = () => Promise.reject(new EnimError('DELEGATE_FAILED', 'It is away.'));
    const error = await enimErrorOf(() => gc(made.task('GC', network)));
    expect([error.code, error.message]).toEqual([
      'LINK_FAILED',
      'GC of network enis: eth0 of container a: The way home is shut. It is away.',
    ]);
    expect(containers(made)).toEqual(['a']);
  });
});
