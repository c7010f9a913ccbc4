/** The tables and priorities that an ENI's number stands for. Pure. */

/** Numbers of ENIs go from 0 to this one. */
export const HIGHEST_INDEX = 252;

/** unspec, default, main and local: what is in them is not for one ENI. */
const RESERVED = [0, 253, 254, 255];

/** Priority of the rule that leads to the main table. */
const MAIN_PRIORITY = 32_766;

/** Packets to an address of the ENI find their pod by the main table. */
export const toPriority = (table: number): number => table + 512;

/** Packets from it leave by its NIC. */
export const fromPriority = (table: number): number => table + 1025;

/** Whether an ENI can have this table: with the offset that is usual (127), the numbers 126 to 128 would give it the node's own ones. */
export function isUsable(table: number): boolean {
  return !RESERVED.includes(table) && fromPriority(table) < MAIN_PRIORITY;
}

/** Whether a table, by its name or number, is one that ENIs with these offsets have. */
export function isOfEnis(table: string, offsets: readonly number[]): boolean {
  const number = /^\d+$/.test(table) ? Number(table) : Number.NaN;
  return isUsable(number) && offsets.some((offset) => number >= offset && number <= offset + HIGHEST_INDEX);
}
