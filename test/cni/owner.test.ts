import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseCall } from '../../src/cni/call.js';
import { ownerOf } from '../../src/cni/owner.js';
import { containerIDFault, isNetworkName, isOwner } from '../../src/model/names.js';
import { enimErrorOf } from '../model/thrown.js';
import { sampleEnv } from './samples.js';

const NETWORK = { name: 'enis' };
const NOTHING = { namespace: null, name: null, uid: null };

const ownerBy = (args: string, containerID = '3f9c') =>
  ownerOf(parseCall(sampleEnv('ADD', { CNI_ARGS: args, CNI_CONTAINERID: containerID })), NETWORK);

describe('ownerOf', () => {
  it('is the pod that kubelet’s runtime names, with its UID', () => {
    expect(ownerBy('IgnoreUnknown=1;K8S_POD_NAMESPACE=kube-system;K8S_POD_NAME=web-0;K8S_POD_UID=77a1')).toEqual({
      ...{ owner: 'kube-system/web-0', uid: '77a1' },
    });
  });

  it('is the container that podman names, in the network', () => {
    expect(ownerBy('IgnoreUnknown=1;K8S_POD_NAME=box')).toEqual({ owner: 'enis/box', uid: null });
  });

  it('is the container ID, in the network, for ctr, which says nothing', () => {
    expect(ownerBy('', 'default-box')).toEqual({ owner: 'enis/default-box', uid: null });
  });

  it.each([
    ['a-', 'enis/a'],
    ['a_._', 'enis/a'],
    ['A', 'enis/A'],
    ['a'.repeat(255), `enis/${'a'.repeat(253)}`],
    [`${'a'.repeat(252)}-bc`, `enis/${'a'.repeat(252)}`],
  ])('is valid for the odd container ID %s', (containerID, owner) => {
    expect(ownerOf({ args: NOTHING, containerID }, NETWORK).owner).toBe(owner);
  });

  it('is valid, and the same each time, for every container ID and network name', () => {
    const word = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,260}$/);
    const id = fc.oneof(
      word,
      word.map((text) => `${text}-.`),
    );
    fc.assert(
      fc.property(id, id, (containerID, name) => {
        fc.pre(containerIDFault(containerID) === undefined && isNetworkName(name));
        const { owner, uid } = ownerOf({ args: NOTHING, containerID }, { name });
        expect([isOwner(owner), uid]).toEqual([true, null]);
        expect(ownerOf({ args: NOTHING, containerID }, { name }).owner).toBe(owner);
      }),
    );
  });

  it('is valid for every name that podman allows for a container', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,260}$/), (name) => {
        expect(isOwner(ownerOf({ args: { ...NOTHING, name }, containerID: 'c1' }, NETWORK).owner)).toBe(true);
      }),
    );
  });

  it.each(['a/b', 'web 0', '../x', '-', 'wéb', '$(id)'])('refuses the pod name %j, naming it', async (name) => {
    const error = await enimErrorOf(() => ownerOf({ args: { ...NOTHING, name }, containerID: 'c1' }, NETWORK));
    expect([error.code, error.message.includes('K8S_POD_NAME')]).toEqual(['INVALID_ENVIRONMENT', true]);
  });

  it('gives each pod an owner of its own', () => {
    const owners = [
      ownerBy('K8S_POD_NAMESPACE=a;K8S_POD_NAME=b'),
      ownerBy('K8S_POD_NAMESPACE=b;K8S_POD_NAME=a'),
      ownerBy('K8S_POD_NAME=b'),
      ownerBy('', 'b2'),
    ];
    expect(new Set(owners.map(({ owner }) => owner)).size).toBe(4);
  });
});
