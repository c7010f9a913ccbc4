/**
 * Changing the settings: each change begins with what the one before it has left. The lock is beside the file, so that it is the same one
 * for all who see the file, and whoever may write that may lock it.
 */
import { basename, dirname } from 'node:path';
import { makeDirectoryOf, openSettingsFile, type SettingsFile } from '../config/edit.js';
import { loadSettings } from '../config/load.js';
import { createPrograms } from '../exec.js';
import { createLocks } from '../store/lock.js';
import { TOOL_TIMEOUT_MS } from './context.js';

/**
 * Does the work while no other process of ours changes these settings.
 *
 * @param purpose what this process does, for those who wait: `enim config set`
 * @throws EnimError BUSY, INVALID_CONFIG, STATE_UNWRITABLE, NOT_PERMITTED
 */
export async function aloneWithSettings<T>(path: string, purpose: string, work: () => T | Promise<T>): Promise<T> {
  const { lockWait: wait } = loadSettings(path);
  makeDirectoryOf(path);
  const locks = createLocks(createPrograms(wait + TOOL_TIMEOUT_MS), { directory: dirname(path), wait, purpose });
  const lock = await locks.acquire(basename(path));
  try {
    return await work();
  } finally {
    lock.retire();
  }
}

/** The same, with the settings as they are by then. */
export function editSettings<T>(path: string, purpose: string, work: (file: SettingsFile) => T): Promise<T> {
  return aloneWithSettings(path, purpose, () => work(openSettingsFile(path)));
}
