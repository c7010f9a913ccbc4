/** Looks at the state file without mending or locking anything, for those who want to know what is wrong with it. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere } from '../durable.js';
import { errnoOf } from '../model/errors.js';
import { parseState } from './schema.js';

/** What a generation of the file turned out to be. */
export type Generation =
  | { readonly kind: 'none' }
  | { readonly kind: 'good'; readonly generation: number; readonly written: string; readonly attachments: number }
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'damaged'; readonly reason: string }
  | { readonly kind: 'unreadable'; readonly errno: string };

/** What lies in the state directory. */
export interface StateLook {
  readonly path: string;
  readonly present: Generation;
  readonly previousPath: string;
  readonly previous: Generation;
  /** Paths of damaged files that were set aside. */
  readonly kept: readonly string[];
  /** Files that were being written when their writer was killed, unless it is still at it. */
  readonly unfinished: readonly { readonly path: string; readonly modified: Date }[];
}

export function inspectState(directory: string): StateLook {
  const [path, previousPath] = [join(directory, 'state.json'), join(directory, 'state.previous.json')];
  const names = listIfThere(directory).sort();
  const paths = (wanted: RegExp): string[] =>
    names.filter((name) => wanted.test(name)).map((name) => join(directory, name));
  return {
    ...{ path, present: look(path), previousPath, previous: look(previousPath) },
    kept: paths(/^state.*\.damaged-.*\.json$/),
    unfinished: paths(/\.new$/).flatMap((each) => {
      const there = statSync(each, { throwIfNoEntry: false });
      return there === undefined ? [] : [{ path: each, modified: there.mtime }];
    }),
  };
}

function look(path: string): Generation {
  let content: string | undefined;
  try {
    content = readIfThere(path);
  } catch (thrown) {
    return { kind: 'unreadable', errno: errnoOf(thrown) ?? String(thrown) };
  }
  if (content === undefined) return { kind: 'none' };
  const reading = parseState(content);
  if (reading.kind !== 'good') return reading;
  const { generation, written, attachments } = reading.state;
  return { kind: 'good', generation, written, attachments: Object.keys(attachments).length };
}

function listIfThere(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
