import { describe, expect, it } from '@jest/globals';
import { Undo } from '../../src/manager/undo.js';
import { EnimError } from '../../src/model/errors.js';

const FIRST = new EnimError('LINK_FAILED', 'The move failed.', { hint: 'look' });

/** An undo of three steps of which the named one fails; and what was done. */
function threeSteps(failing?: string): { undo: Undo; done: string[] } {
  const undo = new Undo();
  const done: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    undo.push(`do ${name}`, async () => {
      if (name === failing) throw new Error(`${name} is stuck.`);
      done.push(name);
    });
  }
  return { undo, done };
}

describe('undo', () => {
  it('takes the latest step back first, and gives the first error', async () => {
    const { undo, done } = threeSteps();
    expect(await undo.after(FIRST)).toBe(FIRST);
    expect(done).toEqual(['c', 'b', 'a']);
  });

  it('undoes nothing twice', async () => {
    const { undo, done } = threeSteps();
    await undo.after(FIRST);
    expect(await undo.after(FIRST)).toBe(FIRST);
    expect(done).toHaveLength(3);
  });

  it('stops where a step cannot be undone, and hangs that on the first error', async () => {
    const { undo, done } = threeSteps('b');
    const error = await undo.after(FIRST);
    expect(done).toEqual(['c']);
    expect(error).toMatchObject({ code: 'LINK_FAILED', message: 'The move failed.', hint: 'look' });
    expect((error as EnimError).details).toEqual([
      'Then it was impossible to do b: b is stuck. It stays recorded; "enim gc" finishes it.',
    ]);
    await undo.after(error);
    expect(done).toEqual(['c']);
  });

  it('keeps what was thrown as the cause where that is a bug', async () => {
    const bug = new TypeError('x is undefined');
    const error = (await threeSteps('c').undo.after(bug)) as Error;
    expect(error.message).toContain('x is undefined Then it was impossible to do c: c is stuck.');
    expect(error.cause).toBe(bug);
  });
});
