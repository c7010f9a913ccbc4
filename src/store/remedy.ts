/** What a human does about a file that cannot be read or written. Pure. */
import { dirname } from 'node:path';

/** @returns an imperative clause, by what the kernel says */
export function remedyFor(path: string, errno: string | undefined): string {
  if (errno === 'EISDIR') return `move the directory ${path} away, where a file should be`;
  if (errno === 'ENOTDIR') return `make ${dirname(path)} a directory, or name another one by ENIM_STATE_DIR`;
  return 'mend its disk';
}
