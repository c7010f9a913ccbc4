/** The settings of a process that stays: they may change at any time, and wrong ones are refused. */
import type { Settings } from '../config/schema.js';
import type { Log } from '../log.js';
import { EnimError } from '../model/errors.js';

export interface Current {
  /** The last good ones. */
  settings(): Settings;
  /** Reads them anew; wrong ones are logged. */
  look(): void;
  /** The same, and says so. */
  reload(): void;
}

interface CurrentSettings {
  readonly log: Log;
  /** Told of what was read, whether it is another or not, and of what held before. */
  readonly changed: (settings: Settings, before: Settings) => void;
}

export function createCurrent(read: () => Settings, first: Settings, { log, changed }: CurrentSettings): Current {
  let settings = first;
  const look = (): boolean => {
    try {
      const before = settings;
      settings = read();
      changed(settings, before);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof EnimError)) throw thrown;
      log('error', `${thrown.message} The agent goes on with what it had read before.`, { details: thrown.details });
      return false;
    }
  };
  return {
    settings: () => settings,
    look,
    reload() {
      if (look()) log('info', 'the settings were read anew', settings.agent);
    },
  };
}
