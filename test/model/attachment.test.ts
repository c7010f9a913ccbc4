import { describe, expect, it } from '@jest/globals';
import { endpointOf, keyOf, sameKey } from '../../src/model/attachment.js';
import { sampleAttachment, sampleEndpoint } from './samples.js';

describe('an attachment', () => {
  it('is known by network, container and interface name, not by its owner', () => {
    const endpoint = sampleEndpoint();
    expect(sameKey(endpoint, sampleEndpoint({ owner: 'default/other', uid: 'u' }))).toBe(true);
    for (const other of [{ network: 'n' }, { containerID: 'c2' }, { ifname: 'eth1' }]) {
      expect(sameKey(endpoint, sampleEndpoint(other))).toBe(false);
    }
    expect(keyOf(endpoint)).toBe('enim/c1/eth0');
  });

  it('has an endpoint without the rest of the record', () => {
    expect(endpointOf(sampleAttachment())).toEqual(sampleEndpoint());
  });
});
