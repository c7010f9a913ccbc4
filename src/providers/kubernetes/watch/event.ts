/** What a watch tells, a JSON document a line. Pure. */
import { EnimError } from '../../../model/errors.js';
import { parseJson } from '../json.js';
import type { Metadata } from '../wire.js';

/** Whatever has a name and a version. */
export interface Tracked {
  readonly metadata: Metadata;
}

/** One line. */
export type WatchEvent<T extends Tracked> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T; readonly version: string }
  /** Nothing has changed up to this version. */
  | { readonly type: 'BOOKMARK'; readonly version: string }
  /** The server cannot go on; the code is one of HTTP. */
  | { readonly type: 'ERROR'; readonly code: number; readonly message: string };

/** How much of a line is shown. */
const SHOWN = 80;

/**
 * @throws EnimError API_FAILED for what is no event
 */
export function parseEvent<T extends Tracked>(line: string): WatchEvent<T> {
  const { type, object } = documentOf(line);
  if (!isObject(object)) throw garbage(line);
  if (type === 'ERROR') {
    const { code, message } = object;
    return {
      type,
      code: typeof code === 'number' ? code : 500,
      message: typeof message === 'string' ? message : 'no word on why',
    };
  }
  const { metadata } = object;
  const version = isObject(metadata) ? metadata.resourceVersion : undefined;
  if (typeof version !== 'string' || version === '') throw garbage(line);
  if (type === 'BOOKMARK') return { type, version };
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') throw garbage(line);
  if (!isTracked(object)) throw garbage(line);
  return { type, object: lean(object as unknown as T), version };
}

/** An item as far as it is worth keeping: who wrote which field when is the bulk of it, and nobody reads that here. */
export function lean<T extends Tracked>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata as Metadata & { readonly managedFields?: unknown };
  return { ...object, metadata };
}

/** Whether it has what an object is known by. */
export function isTracked(object: unknown): object is Tracked {
  if (!isObject(object) || !isObject(object.metadata)) return false;
  const { name, resourceVersion } = object.metadata;
  return typeof name === 'string' && name !== '' && typeof resourceVersion === 'string' && resourceVersion !== '';
}

function documentOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const document = parseJson(line);
    if (isObject(document)) return document;
  } catch {
    // Half a line, or an answer of something else on the way.
  }
  throw garbage(line);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function garbage(line: string): EnimError {
  return new EnimError('API_FAILED', 'A watch of the API server told something that is no event.', {
    details: [JSON.stringify(line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line)],
    hint: 'see what stands between this node and the API server: a proxy may answer in its place',
  });
}
