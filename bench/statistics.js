/** Numbers about numbers. */

/** The smallest, the middle and the largest of some values, and how many there were. */
export function summarize(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
  return { rounds: sorted.length, min: sorted[0], median, max: sorted.at(-1) };
}
