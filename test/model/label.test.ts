import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatLabel, isLabelOfAnother, parseLabel } from '../../src/model/label.js';
import { sampleEndpoint } from './samples.js';

const ID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$/;
const OWNER = /^[a-z0-9]([a-z0-9._-]{0,80}[a-z0-9])?\/[a-z0-9]([a-z0-9._-]{0,80}[a-z0-9])?$/;

const id = fc.stringMatching(ID);
/** Any name that the kernel takes for an interface. */
const ifname = fc
  .string({ unit: fc.constantFrom(...'abz09-_.;=,#"é'), minLength: 1, maxLength: 15 })
  .filter((name) => Buffer.byteLength(name) <= 15 && name !== '.' && name !== '..');
const endpoint = fc.record({
  network: id,
  containerID: id,
  ifname,
  owner: fc.stringMatching(OWNER),
  uid: fc.constant(null),
});

describe('a label', () => {
  it('says whose the NIC is, in words', () => {
    expect(formatLabel('eni-a', 'eni1', sampleEndpoint({ containerID: '3f9c' }))).toBe(
      'enim:eni=eni-a;home=eni1;network=enim;container=3f9c;ifname=eth0;owner=default/web-0',
    );
  });

  it('fits into an alias, and is read back as it was written', () => {
    fc.assert(
      fc.property(id, ifname, endpoint, (eni, home, who) => {
        const label = formatLabel(eni, home, who);
        expect(Buffer.byteLength(label)).toBeLessThanOrEqual(255);
        const read = parseLabel(label);
        expect({ eni: read?.eni, home: read?.home }).toEqual({ eni, home });
        expect([null, who]).toContainEqual(read?.endpoint);
      }),
    );
  });

  it('keeps the ENI and the name at home where the endpoint does not fit, and a checksum of that', () => {
    const endpoint = sampleEndpoint({ containerID: 'c'.repeat(200) });
    const label = formatLabel('eni-a', 'eni1', endpoint);
    expect(label).toMatch(/^enim:eni=eni-a;home=eni1;whose=[0-9a-f]{32}$/);
    expect(parseLabel(label)).toEqual({ eni: 'eni-a', home: 'eni1', endpoint: null });
    expect(isLabelOfAnother(label, endpoint)).toBe(false);
    for (const change of [{ owner: 'default/web-9' }, { containerID: 'c'.repeat(201) }, { ifname: 'eth9' }])
      expect(isLabelOfAnother(label, { ...endpoint, ...change })).toBe(true);
  });

  it('is of another unless it is of this one, or does not say of whom', () => {
    const endpoint = sampleEndpoint();
    expect(isLabelOfAnother(formatLabel('eni-a', 'eni1', endpoint), endpoint)).toBe(false);
    expect(isLabelOfAnother(formatLabel('eni-a', 'eni1', endpoint), { ...endpoint, owner: 'a/b' })).toBe(true);
    for (const alias of [null, '', 'uplink to rack 7', 'enim:eni=eni-a;home=eni1'])
      expect(isLabelOfAnother(alias, endpoint)).toBe(false);
  });

  it('that fits to the byte keeps the endpoint', () => {
    const short = formatLabel('eni-a', 'eni1', sampleEndpoint({ containerID: 'c' }));
    const fitting = sampleEndpoint({ containerID: 'c'.repeat(256 - Buffer.byteLength(short)) });
    expect(Buffer.byteLength(formatLabel('eni-a', 'eni1', fitting))).toBe(255);
    expect(parseLabel(formatLabel('eni-a', 'eni1', fitting))?.endpoint).toEqual(fitting);
    const longer = sampleEndpoint({ containerID: `c${fitting.containerID}` });
    expect(parseLabel(formatLabel('eni-a', 'eni1', longer))?.endpoint).toBeNull();
  });

  it.each([
    null,
    '',
    'uplink to rack 7',
    'enim',
    'enim:',
    'enim:eni=a',
    'enim:home=b',
    'enim:eni=;home=b',
    ' enim:eni=a;home=b',
  ])('is not %j', (alias) => {
    expect(parseLabel(alias)).toBeUndefined();
  });

  it('of which only a part is left names nobody', () => {
    expect(parseLabel('enim:eni=a;home=b;network=n;container=c')?.endpoint).toBeNull();
  });

  it('is never read with an exception', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseLabel(`enim:${text}`)));
  });
});
