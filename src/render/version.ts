/** Which version and build this is, as text. */

/** What `enim version --json` prints. Of a build that saw no repository, commit, date and modified are null. */
export interface VersionDocument {
  readonly version: string;
  /** Null if the build saw no git repository. */
  readonly commit: string | null;
  /** Of the commit; ISO 8601, UTC. */
  readonly date: string | null;
  /** Whether files differed from the commit. */
  readonly modified: boolean | null;
  readonly runtime: { readonly name: string; readonly version: string };
  /** The machines that the executable is for; null on Node.js. */
  readonly target: string | null;
}

/** The version in the first line, the build below it. */
export function renderVersion({ version, runtime, target, ...revision }: VersionDocument): string {
  return [
    `enim ${version}`,
    `  commit   ${renderRevision(revision)}`,
    `  runtime  ${runtime.name} ${runtime.version}`,
    `  target   ${target ?? `any that ${runtime.name} runs on`}`,
  ].join('\n');
}

function renderRevision({ commit, date, modified }: Pick<VersionDocument, 'commit' | 'date' | 'modified'>): string {
  if (commit === null) return 'unknown';
  return `${commit} of ${date}${modified ? ', modified' : ''}`;
}
