/** Which enim this is. Two processes that work together must be of the same build, not only of the same version. */

export interface Build {
  readonly version: string;
  /** A hash of all that the program is made from. */
  readonly build: string;
}

// Put in by the build; values, not one object, for the reason that model/build.ts has.
declare const ENIM_VERSION: string;
declare const ENIM_SOURCE: string;

/** Of the program that runs. Source that nobody has built is a build of its own. */
export const BUILD: Build =
  typeof ENIM_VERSION === 'undefined'
    ? { version: 'source', build: 'source' }
    : { version: ENIM_VERSION, build: ENIM_SOURCE };

export function isSameBuild(a: Build, b: Build): boolean {
  return a.version === b.version && a.build === b.build;
}
