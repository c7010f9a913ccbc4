/** What the shapes of settings are made of. Pure. */
import * as v from 'valibot';

/** valibot's own, which takes the type of the value from the test. */
export const check = <T>(test: (value: T) => boolean, message: (issue: { input: T }) => string) =>
  v.check(test, message);

/** A value as it stands in the file. */
export const shown = (input: unknown): string => JSON.stringify(input);

/** An object with these keys and no others. valibot takes a list for an object; people do not. */
export function object<T extends v.ObjectEntries>(entries: T) {
  return v.pipe(
    v.unknown(),
    v.check((value) => !Array.isArray(value), 'is a list, not an object'),
    v.strictObject(entries),
  );
}

/** The keyword under which a schema has what is told of a key besides its meaning. */
export const TOLD = 'x-told';

/** What the reference says of a key besides its meaning. */
export interface Telling {
  /** What holds where it is left out, if that is no value of its own. */
  readonly unset?: string;
  /** The environment variable that counts where the key is left out. */
  readonly env?: string;
  /** The flag that wins over it. */
  readonly flag?: string;
  /** The version that it came with; 0.1.0 unless told. */
  readonly since?: string;
  /** What JSON Schema should know of the values, where valibot checks them by a function. */
  readonly schema?: Readonly<Record<string, unknown>>;
}

/** Describes a key, for its JSON Schema and for the reference of the settings; nothing is checked by it. */
export const about = <T>(description: string, telling: Telling = {}) =>
  v.metadata<T, Record<string, unknown>>({ description, [TOLD]: telling });
