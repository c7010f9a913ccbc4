/**
 * Which enim this is. The build puts the facts in place of names, so they say the same on every machine; of source that nobody has
 * built, as tests run it, nothing is known.
 */

/** Two processes that work together must be of the same build, not only of the same version. */
export interface Build {
  readonly version: string;
  /** A hash of all that the program is made from. */
  readonly build: string;
}

/** The commit that a build was made from. */
interface Revision {
  /** Its full hash. */
  readonly commit: string;
  /** When it was committed, in UTC: a build is as old as its commit, whenever and wherever it was made. */
  readonly date: string;
  /** Whether what the program is made of differed from the commit. */
  readonly modified: boolean;
}

// Values, not one object: for an object esbuild would make modules of all files, which load later and slower.
declare const ENIM_VERSION: string;
declare const ENIM_SOURCE: string;
declare const ENIM_COMMIT: string | null;
declare const ENIM_DATE: string;
declare const ENIM_MODIFIED: boolean;
declare const ENIM_TARGET: string;

/** The program that runs. Source is a build of its own. */
export const BUILD: Build =
  typeof ENIM_VERSION === 'undefined'
    ? { version: 'source', build: 'source' }
    : { version: ENIM_VERSION, build: ENIM_SOURCE };

/** Its commit; undefined where the build saw no repository. */
export const REVISION: Revision | undefined =
  typeof ENIM_COMMIT === 'undefined' || ENIM_COMMIT === null
    ? undefined
    : { commit: ENIM_COMMIT, date: ENIM_DATE, modified: ENIM_MODIFIED };

/** The machines that the executable is for, `linux-x64-musl` for example; undefined where Node.js runs a bundle, on any. */
export const TARGET: string | undefined = typeof ENIM_TARGET === 'undefined' ? undefined : ENIM_TARGET;

export function isSameBuild(a: Build, b: Build): boolean {
  return a.version === b.version && a.build === b.build;
}
