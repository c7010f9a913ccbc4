import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createSubnets } from '../../../src/providers/kubernetes/subnet.js';
import { useTemporaryDirectories } from '../../store/temporary.js';

describe('the memory of subnets', () => {
  const temporary = useTemporaryDirectories();
  let path: string;
  let asked: string[];
  beforeEach(() => {
    path = join(temporary(), 'subnets.json');
    asked = [];
  });

  const lookUp = (ids: readonly string[]) =>
    createSubnets({
      path,
      alone: async (work) => work(),
      async get(id) {
        asked.push(id);
        return id.startsWith('sbn') ? { metadata: { name: id }, spec: { cidr: '10.0.0.0/24' } } : undefined;
      },
    })(ids);

  it('asks for each once, and adds what is new to what is there', async () => {
    await lookUp(['sbn-1']);
    const subnets = await lookUp(['sbn-1', 'sbn-2']);
    expect(asked).toEqual(['sbn-1', 'sbn-2']);
    expect(subnets.get('sbn-1')).toEqual({ ipv4: '10.0.0.0/24', ipv6: null });
    expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')))).toEqual(['sbn-1', 'sbn-2']);
  });

  it('asks again for one that was not there', async () => {
    expect((await lookUp(['gone'])).size).toBe(0);
    await lookUp(['gone']);
    expect(asked).toEqual(['gone', 'gone']);
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
