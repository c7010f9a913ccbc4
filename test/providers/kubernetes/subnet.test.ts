import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createSubnets } from '../../../src/providers/kubernetes/subnet.js';
import { useTemporaryDirectories } from '../../store/temporary.js';

describe('the memory of subnets', () => {
  const temporary = useTemporaryDirectories();
  let path: string;
  let asked: string[];
  let spec: { cidr?: string; ipv6CIDR?: string };
  beforeEach(() => {
    path = join(temporary(), 'subnets.json');
    asked = [];
    spec = { cidr: '10.0.0.0/24' };
  });

  const lookUp = (ids: readonly string[], address = '10.0.0.9') =>
    createSubnets({
      path,
      alone: async (work) => work(),
      async get(id) {
        asked.push(id);
        return id.startsWith('sbn') ? { metadata: { name: id }, spec } : undefined;
      },
    })(ids.map((subnet) => ({ subnet, address })));

  it('asks for each once, and adds what is new to what is there', async () => {
    await lookUp(['sbn-1']);
    const subnets = await lookUp(['sbn-1', 'sbn-2']);
    expect(asked).toEqual(['sbn-1', 'sbn-2']);
    expect(subnets.get('sbn-1')).toEqual({ ipv4: '10.0.0.0/24', ipv6: null });
    expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')))).toEqual(['sbn-1', 'sbn-2']);
  });

  it('answers the very same as long as the file says the same, by which others remember what they made of it', async () => {
    await lookUp(['sbn-1']);
    const known = await lookUp(['sbn-1']);
    expect(await lookUp(['sbn-1'])).toBe(known);
    await lookUp(['sbn-2']);
    expect(await lookUp(['sbn-1'])).not.toBe(known);
  });

  it('asks again for one that was not there', async () => {
    expect((await lookUp(['gone'])).size).toBe(0);
    await lookUp(['gone']);
    expect(asked).toEqual(['gone', 'gone']);
  });

  it.each([
    ['was made before its CIDR was known', {}, '10.0.0.9'],
    ['got an IPv6 CIDR later', { cidr: '10.0.0.0/24' }, 'fd00::9'],
    ['was mended', { cidr: '10.9.0.0/24', ipv6CIDR: 'fd09::/64' }, '10.0.0.9'],
  ])('asks again for one that %s', async (_, before, address) => {
    spec = before;
    await lookUp(['sbn-1'], address);
    spec = { cidr: '10.0.0.0/24', ipv6CIDR: 'fd00::/64' };
    for (let time = 0; time < 2; time += 1)
      expect((await lookUp(['sbn-1'], address)).get('sbn-1')).toEqual({ ipv4: '10.0.0.0/24', ipv6: 'fd00::/64' });
    expect(asked).toEqual(['sbn-1', 'sbn-1']);
  });

  it('asks for none again because of what is no address', async () => {
    await lookUp(['sbn-1'], '');
    await lookUp(['sbn-1'], '');
    expect(asked).toEqual(['sbn-1']);
  });

  it.each(['{', '[]', '{"sbn-1":null}', '{"sbn-1":{"ipv4":5,"ipv6":null}}', ''])(
    'does not believe a file with %j in it, and mends it',
    async (text) => {
      writeFileSync(path, text);
      expect((await lookUp(['sbn-1'])).get('sbn-1')).toEqual({ ipv4: '10.0.0.0/24', ipv6: null });
      await lookUp(['sbn-1']);
      expect(asked).toEqual(['sbn-1']);
    },
  );

  it('answers all the same where nothing can be remembered', async () => {
    mkdirSync(path);
    expect((await lookUp(['sbn-1'])).size).toBe(1);
  });
});
