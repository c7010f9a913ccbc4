/** What a command of `ip` becomes, and how its words are read. Pure. */
import { u32 } from './message.js';

/** A request without its number. */
export interface Request {
  readonly type: number;
  /** Beside those that every request has. */
  readonly flags: number;
  readonly body: Buffer;
}

/** What a request needs to know of the netns that it goes to. */
export interface Surroundings {
  /** Index of the link of this name; throws if there is none. */
  indexOf(name: string): number;
  /** A descriptor of the netns at this path; throws if there is none. */
  openNetns(path: string): number;
}

type Options = ReadonlyMap<string, string>;

/** The options of a command: some have a value, some stand alone. Undefined if there is one that is not known. */
export function optionsIn(
  rest: readonly string[],
  valued: readonly string[],
  alone: readonly string[],
): Options | undefined {
  const options = new Map<string, string>();
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at] ?? '';
    if (alone.includes(word)) {
      options.set(word, '');
      continue;
    }
    at += 1;
    const value = rest[at];
    if (!valued.includes(word) || value === undefined) return undefined;
    options.set(word, value);
  }
  return options;
}

/** The 32 bits of a number in decimal; undefined for what is none, or does not fit. */
export function decimal(value: string): Buffer | undefined {
  return numbered(/^\d{1,10}$/.test(value) ? Number(value) : undefined);
}

export function numbered(value: number | undefined): Buffer | undefined {
  return value === undefined || value > 0xffffffff ? undefined : u32(value);
}
