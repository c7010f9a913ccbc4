/** The results as a table for people and as a document for programs. Pure. */

const COLUMNS = ['', 'rounds', 'min', 'median', 'max', '', 'ratio'];

/** One table; a group's rows below its title, what it concludes below the rows. */
export function renderTable(groups) {
  const body = groups.map((group) => ({ ...group, cells: group.rows.map((row) => cellsOf(row, group.statistics)) }));
  const all = [COLUMNS, ...body.flatMap(({ cells }) => cells)];
  const widths = COLUMNS.map((_, column) => Math.max(...all.map((cells) => cells[column].length)));
  const line = (cells) =>
    cells
      .map((cell, column) => pad(cell, widths[column], column))
      .join('  ')
      .trimEnd();
  const blocks = body.map(({ title, cells, notes }) =>
    [title, ...cells.map(line), ...notes.map((note) => `  ${note}`)].join('\n'),
  );
  return `${[line(COLUMNS), ...blocks].join('\n\n')}\n\nratio: of the medians, to the row that says 1.00 above it\n`;
}

/** The same for programs. */
export function renderJson(groups) {
  const document = groups.map(({ name, title, rows, statistics, notes }) => ({
    group: name,
    title,
    rows: rows.map(({ key, label, unit = 'ms', against = key }) => ({
      ...{ key, label: label.trim(), unit, ...statistics[key] },
      ...(against === null ? {} : { against, ratio: statistics[key].median / statistics[against].median }),
    })),
    notes,
  }));
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** A row without `against` is what the following ones are compared with; null means that there is nothing to compare. */
function cellsOf({ key, label, unit = 'ms', against = key }, statistics) {
  const { rounds, min, median, max } = statistics[key];
  const ratio = against === null ? '' : (median / statistics[against].median).toFixed(2);
  return [`  ${label}`, String(rounds), ...[min, median, max].map((value) => value.toFixed(1)), unit, ratio];
}

function pad(cell, width, column) {
  return column === 0 || column === 5 ? cell.padEnd(width) : cell.padStart(width);
}
