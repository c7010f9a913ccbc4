/** Why a file cannot be read or written, and what a human does about it. Pure. */
import { dirname } from 'node:path';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EIO: 'the disk reports an error',
};

/** @returns what the kernel said, in words too where there are some: `the disk is full (ENOSPC)` */
export function reasonOf(errno: string): string {
  const reason = REASONS[errno];
  return reason === undefined ? errno : `${reason} (${errno})`;
}

/**
 * @param setting what names another directory
 * @returns an imperative clause, by what the kernel says
 */
export function remedyFor(path: string, errno: string | undefined, setting = 'ENIM_STATE_DIR'): string {
  switch (errno) {
    case 'EISDIR':
      return `move the directory ${path} away, where a file should be`;
    case 'EEXIST':
    case 'ENOENT':
    case 'ENOTDIR':
      return `make ${dirname(path)} a directory, or name another one by ${setting}`;
    case 'ENOSPC':
    case 'EDQUOT':
      return 'free some space';
    case 'EROFS':
      return 'remount it writable (see dmesg for why it is not)';
    case 'EIO':
      return 'see dmesg, mend or replace the disk';
    default:
      return 'mend its disk';
  }
}
