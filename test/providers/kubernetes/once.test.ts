import { describe, expect, it } from '@jest/globals';
import { once } from '../../../src/providers/kubernetes/once.js';

describe('once', () => {
  const counted = () => {
    const calls: (readonly [string, string])[] = [];
    const read = once(({ name }: { readonly name: string }, suffix: string) => {
      calls.push([name, suffix]);
      return name === 'none' ? undefined : `${name}${suffix}`;
    });
    return { read, calls };
  };

  it('reads an object once, as long as the rest is the same', () => {
    const { read, calls } = counted();
    const object = { name: 'a' };
    expect([read(object, '1'), read(object, '1'), read(object, '2'), read(object, '2')]).toEqual([
      'a1',
      'a1',
      'a2',
      'a2',
    ]);
    expect(calls).toHaveLength(2);
  });

  it('remembers that there was nothing', () => {
    const { read, calls } = counted();
    const object = { name: 'none' };
    expect([read(object, '1'), read(object, '1')]).toEqual([undefined, undefined]);
    expect(calls).toHaveLength(1);
  });

  it('takes another object for another, however alike they are', () => {
    const { read, calls } = counted();
    expect([read({ name: 'a' }, '1'), read({ name: 'a' }, '1')]).toEqual(['a1', 'a1']);
    expect(calls).toHaveLength(2);
  });
});
