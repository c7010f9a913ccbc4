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
