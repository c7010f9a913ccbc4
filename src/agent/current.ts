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

/** Where they come from. */
interface Source {
  /** The defaults where there is no file. */
  read(): Settings;
  /** Whether there is a file. */
  isThere(): boolean;
}

interface CurrentSettings {
  readonly log: Log;
  /** Told of what was read, whether it is another or not, and of what held before. */
  readonly changed: (settings: Settings, before: Settings) => void;
}

export function createCurrent(source: Source, first: Settings, { log, changed }: CurrentSettings): Current {
  let settings = first;
  let wasThere = source.isThere();
  /** A node that never had a file means the defaults; one whose file has gone does not. */
  const read = (): Settings => {
    const isThere = source.isThere();
    if (wasThere && !isThere) {
      throw new EnimError('INVALID_CONFIG', 'The file of the settings has gone.', {
        hint: 'put it back, or start the agent anew to have the defaults',
      });
    }
    wasThere = isThere;
    return source.read();
  };
  const look = (): boolean => {
    try {
      const before = settings;
      settings = read();
      changed(settings, before);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof EnimError)) throw thrown;
      const { message, details, hint } = thrown;
      log('error', `${message} The agent goes on with what it had read before.`, { details, hint });
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
