import { describe, expect, it } from '@jest/globals';
import { cordon } from '../../src/manager/cordon.js';
import { lease } from '../../src/manager/lease.js';
import { warning } from '../../src/manager/warn.js';
import { EnimError, type ErrorCode } from '../../src/model/errors.js';
import type { Warning } from '../../src/providers/provider.js';
import { sampleEndpoint } from '../model/samples.js';
import { enimErrorOf, thrownBy } from '../model/thrown.js';
import type { Machine } from './machine.js';
import { addTo, nodeWith } from './node.js';
import { registryWith } from './registry.js';

/** A node without ENIs, whose provider tells pods; and what these were told. */
function crowdedNode(warn: () => Promise<void> = async () => undefined): { machine: Machine; told: Warning[] } {
  const machine = nodeWith(0);
  machine.addPod('web-0');
  const told: Warning[] = [];
  machine.registry = registryWith({
    warn: async (_, warning) => {
      told.push(warning);
      await warn();
    },
  });
  return { machine, told };
}

const NO_ENI = { reason: 'NoFreeENI', message: expect.stringMatching(/^No ENI is free: none are known.* Try: enim /) };

describe('a pod that gets no ENI', () => {
  it('is told why, and what to do', async () => {
    const { machine, told } = crowdedNode();
    expect(await enimErrorOf(() => addTo(machine, { uid: 'pod-1' }))).toMatchObject({ code: 'NO_FREE_ENI' });
    expect(told).toEqual([NO_ENI]);
  });

  it('is told so also where another plugin moves the NIC', async () => {
    const { machine, told } = crowdedNode();
    const wish = { eni: null, device: null, ips: [], force: false };
    await thrownBy(() => lease(machine.parts(), sampleEndpoint({ uid: 'pod-1' }), 'web-0', wish));
    expect(told).toEqual([NO_ENI]);
  });

  it('is told that the node is cordoned', async () => {
    const { machine, told } = crowdedNode();
    await cordon(machine.parts(), 'kernel upgrade');
    await thrownBy(() => addTo(machine, { uid: 'pod-1' }));
    expect(told).toEqual([{ reason: 'NodeCordoned', message: expect.stringMatching(/kernel upgrade/) }]);
  });

  it('is told only when all locks are free again', async () => {
    let isFree = false;
    const { machine } = crowdedNode(async () => {
      const lock = await machine.parts().locks.tryAcquire('attachment enim/c0/eth0');
      isFree = lock !== undefined;
      lock?.release();
    });
    await thrownBy(() => addTo(machine, { uid: 'pod-1' }));
    expect(isFree).toBe(true);
  });

  it('is not told where nobody knows whether it is a pod', async () => {
    const { machine, told } = crowdedNode();
    await thrownBy(() => addTo(machine, { uid: null }));
    expect(told).toEqual([]);
  });

  it('gets the same error where it cannot be told', async () => {
    const { machine } = crowdedNode();
    const alone = await enimErrorOf(() => addTo(machine, { uid: 'pod-1' }));
    for (const fault of [new EnimError('API_UNREACHABLE', 'It does not answer.'), new Error('a bug')]) {
      const { machine: other } = crowdedNode(() => Promise.reject(fault));
      const { code, message, details } = await enimErrorOf(() => addTo(other, { uid: 'pod-1' }));
      expect({ code, message, details }).toEqual({ code: alone.code, message: alone.message, details: alone.details });
    }
  });

  it('gets the missing right to tell it as a detail', async () => {
    const { machine } = crowdedNode(() => Promise.reject(new EnimError('API_DENIED', 'We may not create events.')));
    const { code, details } = await enimErrorOf(() => addTo(machine, { uid: 'pod-1' }));
    expect([code, details]).toEqual(['NO_FREE_ENI', ['No event tells the pod: We may not create events.']]);
  });
});

describe('of what went wrong, a pod', () => {
  const toldOf = async (thrown: unknown): Promise<string[]> => {
    const { machine, told } = crowdedNode();
    const work = () => Promise.reject(thrown);
    expect(await thrownBy(() => warning(machine.parts(), sampleEndpoint({ uid: 'pod-1' }), work))).toBe(thrown);
    return told.map(({ reason }) => reason);
  };

  it.each<[ErrorCode, string]>([
    ['LINK_LOST', 'NICMissing'],
    ['LINK_FAILED', 'NICSetUpFailed'],
    ['NIC_UNSOUND', 'NICSetUpFailed'],
    ['UNSAFE', 'NICRefused'],
    ['IFNAME_TAKEN', 'InterfaceTaken'],
    ['API_INCOMPLETE', 'ENIIncomplete'],
    ['STATE_UNWRITABLE', 'NodeStateFailed'],
  ])('is told of %s as %s', async (code, reason) => {
    expect(await toldOf(new EnimError(code, 'It failed.'))).toEqual([reason]);
  });

  it.each<ErrorCode>(['BUSY', 'INTERRUPTED', 'TOOL_TIMEOUT', 'API_UNREACHABLE', 'API_DENIED', 'API_UNTRUSTED'])(
    'is not told of %s, which passes or keeps us from telling',
    async (code) => {
      expect(await toldOf(new EnimError(code, 'It failed.'))).toEqual([]);
    },
  );

  it('is not told of a bug', async () => {
    expect(await toldOf(new Error('a bug'))).toEqual([]);
  });
});
