import { describe, expect, it } from '@jest/globals';
import { selectionOf } from '../../src/commands/selection.js';
import { thrownBy } from '../model/thrown.js';

describe('--filter', () => {
  it('takes "," and repetition for and, "|" for or, "!=" for not, and "==" for "="', () => {
    expect(selectionOf({ filter: ['state=used|orphan,owner!=kube-system/*', 'nic==eth0'] }).conditions).toEqual([
      { column: 'state', negated: false, patterns: ['used', 'orphan'] },
      { column: 'owner', negated: true, patterns: ['kube-system/*'] },
      { column: 'nic', negated: false, patterns: ['eth0'] },
    ]);
  });

  it('takes column names in any case, and what people call them besides', () => {
    expect(selectionOf({ filter: ['ID=eni-a, STATE=free'] }).conditions.map(({ column }) => column)).toEqual([
      'eni',
      'state',
    ]);
  });

  it.each([
    ['used', '--filter has "used", which is not COLUMN=PATTERN.', []],
    ['state=', '--filter has "state=", which is not COLUMN=PATTERN.', []],
    [
      'ownr=x',
      '--filter has "ownr", which is no column.',
      [expect.stringContaining('owner, container'), 'Did you mean owner?'],
    ],
    ['=x', '--filter has "", which is no column.', [expect.stringContaining('owner, container')]],
  ])('refuses %j', async (filter, message, details) => {
    expect(await thrownBy(() => selectionOf({ filter: [filter] }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message,
      details,
    });
  });
});

describe('--sort', () => {
  it('takes columns in their order of weight, and "-" for the other way round', () => {
    expect(selectionOf({ sort: 'state,-owner,+eni' }).sort).toEqual([
      { column: 'state', descending: false },
      { column: 'owner', descending: true },
      { column: 'eni', descending: false },
    ]);
  });

  it('by age has the youngest first, which began last', () => {
    expect(selectionOf({ sort: 'age' }).sort).toEqual([{ column: 'since', descending: true }]);
    expect(selectionOf({ sort: '-age' }).sort).toEqual([{ column: 'since', descending: false }]);
  });

  it('refuses a column that there is not', async () => {
    expect(await thrownBy(() => selectionOf({ sort: 'stat' }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: '--sort has "stat", which is no column.',
      details: [expect.anything(), 'Did you mean state?'],
    });
  });

  it('names age, which --filter has not', async () => {
    const [sorted, filtered] = [{ sort: 'agee' }, { filter: ['agee=3m'] }].map((flags) =>
      thrownBy(() => selectionOf(flags)),
    );
    expect(await sorted).toMatchObject({ details: [expect.stringMatching(/, age$/), 'Did you mean age?'] });
    expect(await filtered).toMatchObject({ details: [expect.not.stringMatching(/, age$/)] });
  });
});
