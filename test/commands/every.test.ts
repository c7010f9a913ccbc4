import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Round, repeat } from '../../src/commands/every.js';
import { EnimError } from '../../src/model/errors.js';

describe('the loop of --every', () => {
  let warned: string[];
  let slept: number[];
  beforeEach(() => {
    warned = [];
    slept = [];
  });

  /** Does these rounds, the last of which is interrupted in its pause. */
  const go = (rounds: readonly (() => Round<string>)[]): Promise<string> => {
    const stop = new AbortController();
    let next = 0;
    const round = async (): Promise<Round<string>> => (rounds[next++] as () => Round<string>)();
    const sleep = async (milliseconds: number): Promise<void> => {
      slept.push(milliseconds);
      if (next === rounds.length) stop.abort();
    };
    return repeat(round, 'none', { every: 200, sleep, warn: (message) => warned.push(message) }, stop.signal);
  };
  const ended =
    (document: string, ...failed: string[]) =>
    (): Round<string> => ({ document, failed });
  const thrown = (code: 'BUSY' | 'INVALID_CONFIG') => (): Round<string> => {
    throw new EnimError(code, `It is ${code}.`, { details: ['so it is'] });
  };

  it('goes on until it is interrupted, and returns what the last round came to', async () => {
    expect(await go([ended('first'), ended('second')])).toBe('second');
    expect([slept, warned]).toEqual([[200, 200], []]);
  });

  it('says what fails once as long as it stays the same, and anew when it is back', async () => {
    await go([ended('1', 'a', 'b'), ended('2', 'a'), ended('3'), ended('4', 'a')]);
    expect(warned).toEqual(['a', 'b', 'a']);
  });

  it('goes on after a round that could not be carried out, and keeps what the one before came to', async () => {
    expect(await go([ended('first'), thrown('BUSY'), thrown('BUSY')])).toBe('first');
    expect(warned).toEqual(['It is BUSY.\n  so it is']);
    expect(await go([thrown('BUSY')])).toBe('none');
  });

  it('ends by what does not mend itself: wrong settings, and bugs', async () => {
    await expect(go([ended('first'), thrown('INVALID_CONFIG')])).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    const bug = (): never => {
      throw new TypeError('a bug');
    };
    await expect(go([bug])).rejects.toThrow('a bug');
  });
});
