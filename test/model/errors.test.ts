import { describe, expect, it } from '@jest/globals';
import { EnimError, errnoOf, messageOf } from '../../src/model/errors.js';

describe('an EnimError', () => {
  it.each([
    ['INVALID_ARGUMENT', 2, 4],
    ['INVALID_CONFIG', 2, 7],
    ['NO_FREE_ENI', 3, 103],
    ['NOT_THERE', 4, 104],
    ['BUSY', 5, 11],
    ['UNSAFE', 6, 106],
    ['IFNAME_TAKEN', 2, 108],
    ['AMBIGUOUS_LINK', 6, 109],
    ['LINK_FAILED', 1, 110],
    ['LINK_LOST', 1, 111],
    ['STATE_UNREADABLE', 1, 5],
    ['STATE_UNWRITABLE', 1, 5],
    ['STATE_NEWER', 1, 5],
    ['TOOL_MISSING', 1, 112],
    ['TOOL_TIMEOUT', 1, 11],
    ['NOT_PERMITTED', 1, 113],
    ['INTERRUPTED', 1, 11],
  ] as const)('%s ends with exit code %d, or CNI code %d', (code, exit, cni) => {
    const error = new EnimError(code, 'x');
    expect([error.exitCode, error.cniCode]).toEqual([exit, cni]);
  });

  it('never has CNI code 3, which tells a runtime that no DEL is needed', () => {
    expect(new EnimError('NO_FREE_ENI', 'x').cniCode).not.toBe(3);
  });

  it('takes further facts without losing what it said', () => {
    const first = new EnimError('LINK_FAILED', 'no', { hint: 'do', details: ['a'], cause: 'why' });
    const more = first.with(['b']);
    expect(more).toMatchObject({ code: 'LINK_FAILED', message: 'no', hint: 'do', details: ['a', 'b'], cause: 'why' });
    expect(first.details).toEqual(['a']);
    expect(first.with([])).toBe(first);
  });
});

describe('messageOf', () => {
  it('gives a text for anything that was thrown', () => {
    expect([new Error('a'), 'b', 7, undefined, null].map(messageOf)).toEqual(['a', 'b', '7', 'undefined', 'null']);
  });
});

describe('errnoOf', () => {
  it('knows failed system calls from everything else', () => {
    const failed = Object.assign(new Error('x'), { code: 'ENOSPC' });
    expect([failed, new Error('x'), { code: 7 }, null, 'ENOENT'].map(errnoOf)).toEqual([
      'ENOSPC',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
