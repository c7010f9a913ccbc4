/** What a bundle says of itself: its first file, and the one that all others must agree with. Pure. */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { Missing } from '../model/bundle.js';
import { EnimError } from '../model/errors.js';

/** Format that this enim writes. A bundle of a later one is refused, never guessed at. */
export const FORMAT = 1;

/** Name of the file. */
export const MANIFEST = 'manifest.json';

/** A file of the bundle. */
interface Listed {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** Who has made a bundle, and when. */
export interface Origin {
  /** The enim that made it. */
  readonly enim: { readonly version: string; readonly commit: string | null };
  /** When; ISO 8601, UTC. */
  readonly collected: string;
  readonly missing: readonly Missing[];
  /** What a cap has cut off: names of files, of which only the end is there. */
  readonly shortened: readonly string[];
}

/** The document. */
export interface Manifest extends Origin {
  readonly format: number;
  readonly files: readonly Listed[];
}

const text = v.string();

const ManifestFile = v.object({
  format: v.literal(FORMAT),
  enim: v.object({ version: text, commit: v.nullable(text) }),
  collected: v.pipe(text, v.isoTimestamp()),
  missing: v.array(v.object({ part: text, reason: text })),
  shortened: v.array(text),
  files: v.array(v.object({ name: text, size: v.number(), sha256: text })),
}) satisfies v.GenericSchema<unknown, Manifest>;

/** The manifest of these files. */
export function manifestOf(files: ReadonlyMap<string, Uint8Array>, origin: Origin): Manifest {
  const listed = [...files].map(([name, content]) => ({ name, size: content.length, sha256: sha256(content) }));
  return { format: FORMAT, ...origin, files: listed };
}

/**
 * Reads the manifest.
 *
 * @param subject the bundle, in messages
 * @throws EnimError BUNDLE_NEWER, BUNDLE_DAMAGED
 */
export function parseManifest(subject: string, content: Uint8Array): Manifest {
  const raw = parseJson(content);
  const versioned = v.safeParse(v.looseObject({ format: v.pipe(v.number(), v.integer(), v.minValue(1)) }), raw);
  if (!versioned.success) throw damaged(subject, `its ${MANIFEST} names no format`);
  if (versioned.output.format > FORMAT) {
    throw new EnimError(
      'BUNDLE_NEWER',
      `${subject} has format ${versioned.output.format}; this enim knows up to format ${FORMAT}.`,
      { hint: 'use an enim that is as new as the one that made it' },
    );
  }
  const result = v.safeParse(ManifestFile, raw);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw damaged(subject, `its ${MANIFEST} is wrong (${v.getDotPath(issue) ?? 'it'}: ${issue.message})`);
}

/**
 * Holds the files against what the manifest says of them: each is listed once, is there, and is what it was.
 *
 * @throws EnimError BUNDLE_DAMAGED
 */
export function verify(subject: string, { files: listed }: Manifest, files: ReadonlyMap<string, Uint8Array>): void {
  const names = new Set(listed.map(({ name }) => name));
  if (names.size !== listed.length) throw damaged(subject, `its ${MANIFEST} lists a file twice`);
  const stranger = [...files.keys()].find((name) => !names.has(name));
  if (stranger !== undefined) throw damaged(subject, `its ${MANIFEST} does not list ${JSON.stringify(stranger)}`);
  for (const { name, size, sha256: sum } of listed) {
    const content = files.get(name);
    if (content === undefined) throw damaged(subject, `${JSON.stringify(name)} is missing`);
    if (content.length !== size || sha256(content) !== sum)
      throw damaged(subject, `${JSON.stringify(name)} is not what it was when the bundle was made`);
  }
}

/** That what was given is no bundle, or none any more; `reason` is a clause. */
export function damaged(subject: string, reason: string, cause?: unknown): EnimError {
  return new EnimError('BUNDLE_DAMAGED', `${subject} cannot be used: ${reason}.`, {
    hint: 'copy it anew from where it was made, or make another one there: enim support-bundle',
    cause,
  });
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function parseJson(content: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(content).toString('utf8'));
  } catch {
    return undefined;
  }
}
