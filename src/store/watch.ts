/** Being told of changes of the state file (inotify). */
import { watch } from 'node:fs';

/**
 * Calls `onChange` after each change; never where the directory does not exist yet. The function that it returns ends it.
 *
 * The directory is watched, not the file: each change replaces that by another one.
 */
export function watchState(directory: string, onChange: () => void): () => void {
  try {
    const watcher = watch(directory, (_, name) => {
      if (name === 'state.json') onChange();
    });
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => undefined;
  }
}
