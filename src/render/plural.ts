/** `1 ENI`, `3 ENIs`, `0 ENIs`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
