import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { failureDocument, withoutFalseSuccess } from '../../src/cni/failure.js';
import { EnimError, type ErrorCode } from '../../src/model/errors.js';

/** Every code, by its number in CNI; the compiler refuses a table that misses one. */
const CNI_CODES: Readonly<Record<ErrorCode, number>> = {
  ...{ INVALID_ARGUMENT: 4, INVALID_CONFIG: 7, NO_FREE_ENI: 103, NOT_THERE: 104, BUSY: 11, UNSAFE: 106 },
  ...{
    IFNAME_TAKEN: 108,
    AMBIGUOUS_LINK: 109,
    LINK_FAILED: 110,
    LINK_LOST: 111,
    NIC_UNSOUND: 116,
    INSTALL_FAILED: 5,
    STATE_UNREADABLE: 5,
  },
  ...{ BUNDLE_DAMAGED: 5, BUNDLE_NEWER: 5, BUNDLE_UNWRITABLE: 5 },
  ...{ STATE_UNWRITABLE: 5, STATE_NEWER: 5, TOOL_MISSING: 112, TOOL_TIMEOUT: 11, NOT_PERMITTED: 113 },
  ...{
    INTERRUPTED: 11,
    INCOMPATIBLE_VERSION: 1,
    INVALID_ENVIRONMENT: 4,
    INPUT_FAILED: 5,
    OUTPUT_FAILED: 5,
    UNDECODABLE: 6,
  },
  ...{ CORDONED: 121, NOT_DRAINED: 122 },
  ...{ UNAVAILABLE: 50, LIMITED: 51, CHECK_FAILED: 114, DELEGATE_FAILED: 115 },
  ...{
    API_UNREACHABLE: 11,
    API_DENIED: 117,
    API_UNTRUSTED: 118,
    API_INCOMPLETE: 119,
    API_FAILED: 120,
    NOT_EXCLUSIVE: 123,
  },
};
const CODES = Object.keys(CNI_CODES) as ErrorCode[];

/** As go-cni looks for them, and in every spelling that a program may have. */
const FALSE_SUCCESS = /not\s+found|no\s+such\s+file\s+or\s+directory/i;

const blank = fc.constantFrom(' ', '  ', '\t', '\n', ' \n ', '\u00a0');
const inAnyCase = (word: string) =>
  fc
    .array(fc.boolean(), { minLength: word.length, maxLength: word.length })
    .map((upper) => [...word].map((letter, at) => (upper[at] ? letter.toUpperCase() : letter)).join(''));
const spelled = (words: readonly string[]) =>
  fc
    .tuple(fc.tuple(...words.map(inAnyCase)), fc.array(blank, { minLength: words.length, maxLength: words.length }))
    .map(([spelling, blanks]) => spelling.map((word, at) => `${at === 0 ? '' : blanks[at]}${word}`).join(''));
const phrase = fc.oneof(
  spelled(['not', 'found']),
  spelled(['no', 'such', 'file', 'or', 'directory']),
  fc.constantFrom('not', 'found', 'no such', 'file or directory', ' ', 'ENI eni-1', '\n'),
);
const text = fc.array(phrase, { maxLength: 6 }).map((parts) => parts.join(' '));

describe('failureDocument', () => {
  it.each(CODES)('has the code of %s, never 3, which says that no DEL is needed', (code) => {
    const { code: number } = failureDocument(new EnimError(code, 'It is so.'), '1.0.0', 'ADD');
    expect(number).toBe(CNI_CODES[code]);
    expect(number).not.toBe(3);
    expect((number >= 1 && number <= 11) || number === 50 || number === 51 || number >= 100).toBe(true);
  });

  it('has message, facts and next step, in the version that was asked in', () => {
    const error = new EnimError('BUSY', 'It is held.', { details: ['by pid 7', 'for 3 s'], hint: 'enim list' });
    expect(failureDocument(error, '0.4.0', 'ADD')).toEqual({
      ...{ cniVersion: '0.4.0', code: 11, msg: 'It is held.', details: 'by pid 7\nfor 3 s\nTry: enim list' },
    });
    expect(failureDocument(new EnimError('BUSY', 'It is held.'), null, 'ADD')).toEqual({
      ...{ cniVersion: '1.1.0', code: 11, msg: 'It is held.' },
    });
  });

  it.each([new TypeError('a bug'), 'a bug', { toString: () => 'a bug' }])(
    'says that a bug is one, whatever was thrown',
    (thrown) => {
      expect(failureDocument(thrown, null, null)).toEqual({
        ...{ cniVersion: '1.1.0', code: 999, msg: 'internal error: a bug' },
      });
    },
  );

  it.each(['ADD', 'DEL', 'GC', null])('never has an empty message, which Go takes for none (%s)', (command) => {
    for (const code of CODES) expect(failureDocument(new EnimError(code, ''), null, command).msg).not.toBe('');
  });

  it.each(CODES)('of a failed DEL cannot be taken for a success by go-cni: %s', (code) => {
    fc.assert(
      fc.property(
        text,
        fc.array(text, { maxLength: 3 }),
        fc.option(text),
        fc.constantFrom('DEL', 'del', '', 'GC', null),
        (message, details, hint, command) => {
          const error = new EnimError(code, message, { details, hint: hint ?? undefined });
          const { msg, details: facts = '' } = failureDocument(error, '1.0.0', command);
          expect(msg).not.toBe('');
          // As Go's libraries join them.
          for (const said of [msg, facts, `${msg}; ${facts}`]) expect(said).not.toMatch(FALSE_SUCCESS);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('of a bug in a DEL cannot, either', () => {
    const { msg } = failureDocument(new Error('ENOENT: no such file or directory, open'), null, 'DEL');
    expect(msg).toBe('internal error: ENOENT: absent (ENOENT), open');
  });

  it('keeps the words of a failed ADD', () => {
    const error = new EnimError('TOOL_MISSING', 'ip: command not found');
    expect(failureDocument(error, null, 'ADD').msg).toBe('ip: command not found');
  });
});

describe('withoutFalseSuccess', () => {
  it('changes nothing else', () => {
    for (const said of ['ENI eni-1 is held.', 'notfound', 'no such file', 'is found not there', ''])
      expect(withoutFalseSuccess(said)).toBe(said);
  });
});
