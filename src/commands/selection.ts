/** The flags that say which ENIs are wanted, and in which order. */
import { Flags } from '@oclif/core';
import { type Condition, ENI_COLUMNS, type EniColumn, type Selection, type SortKey } from '../manager/select.js';
import { EnimError } from '../model/errors.js';
import { nearest } from './nearest.js';

export const selectionFlags = {
  filter: Flags.string({
    multiple: true,
    helpValue: 'COLUMN=PATTERN',
    description:
      'only ENIs that fit: "," is and, as is repeating it; "|" between patterns is or; * and ? as in a shell',
  }),
  sort: Flags.string({ helpValue: 'COLUMN,…', description: 'in this order; -COLUMN is the other way round' }),
};

interface SelectionValues {
  readonly filter?: readonly string[] | undefined;
  readonly sort?: string | undefined;
}

/** @throws EnimError INVALID_ARGUMENT */
export function selectionOf({ filter = [], sort = '' }: SelectionValues): Selection {
  return {
    conditions: filter.flatMap((text) => listed(text)).map(parseCondition),
    sort: listed(sort).map(parseSortKey),
  };
}

function listed(text: string): string[] {
  return text.split(',').filter((each) => each !== '');
}

function parseCondition(text: string): Condition {
  const [, column = '', operator, value = ''] = /^([^=!]*)(!=|==?)(.*)$/s.exec(text) ?? [];
  if (operator === undefined || value === '') {
    throw new EnimError('INVALID_ARGUMENT', `--filter has ${JSON.stringify(text)}, which is not COLUMN=PATTERN.`, {
      hint: "write for example --filter 'state=used,owner=default/*'",
    });
  }
  return { column: columnOf(column, '--filter'), negated: operator === '!=', patterns: value.split('|') };
}

function parseSortKey(text: string): SortKey {
  const descending = text.startsWith('-');
  const name = text.replace(/^[+-]/, '');
  // The youngest is the one that began last.
  if (name.toLowerCase() === 'age') return { column: 'since', descending: !descending };
  return { column: columnOf(name, '--sort'), descending };
}

/** What can be sorted by, as the help names it: age besides the columns. */
export const SORT_COLUMNS = [...ENI_COLUMNS, 'age'] as const;

/** What people call columns besides. */
const OTHER_NAMES: Readonly<Record<string, EniColumn>> = {
  id: 'eni',
  link: 'nic',
  ip: 'address',
  containerid: 'container',
};

function columnOf(typed: string, flag: string): EniColumn {
  const name = typed.trim().toLowerCase();
  const known = ENI_COLUMNS.find((column) => column === name) ?? OTHER_NAMES[name];
  if (known !== undefined) return known;
  const columns = flag === '--sort' ? SORT_COLUMNS : ENI_COLUMNS;
  const meant = nearest(name, columns);
  throw new EnimError('INVALID_ARGUMENT', `${flag} has ${JSON.stringify(typed)}, which is no column.`, {
    details: [`Columns: ${columns.join(', ')}`, ...(meant === undefined ? [] : [`Did you mean ${meant}?`])],
    hint: 'enim list --help',
  });
}
