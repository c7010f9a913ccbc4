/** The flags that `install` and `uninstall` share: where things go. */
import { dirname, resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { findLocations, type Locations } from '../config/locations.js';
import type { Places } from '../install/installer.js';
import { EnimError } from '../model/errors.js';

export const placeFlags = {
  'bin-dir': Flags.string({
    helpValue: 'DIR',
    default: '/opt/cni/bin',
    description: 'where runtimes look for plugins',
  }),
  'conf-dir': Flags.string({
    helpValue: 'DIR',
    default: '/etc/cni/net.d',
    description: 'where runtimes look for network configurations',
  }),
  'conf-name': Flags.string({
    helpValue: 'FILE',
    default: '10-enim.conflist',
    description: 'name of the network configuration; containerd takes the first in the directory',
  }),
  root: Flags.string({ helpValue: 'DIR', default: '/', description: 'root directory of what --unmanaged writes' }),
};

interface PlaceValues {
  readonly 'bin-dir': string;
  readonly 'conf-dir': string;
  readonly 'conf-name': string;
  readonly root: string;
}

/** @throws EnimError INVALID_ARGUMENT */
export function placesOf(flags: PlaceValues, { config }: Locations): Places {
  const confName = flags['conf-name'];
  if (!/^[^./][^/]*\.conflist$/.test(confName)) {
    throw new EnimError(
      'INVALID_ARGUMENT',
      `--conf-name is ${JSON.stringify(confName)}, which is no name of a conflist.`,
      {
        hint: 'use --conf-name 10-enim.conflist',
      },
    );
  }
  return {
    binDir: resolve(flags['bin-dir']),
    confDir: resolve(flags['conf-dir']),
    confName,
    root: resolve(flags.root),
    // Where the settings are the plugin looks anyway.
    kubeconfig: resolve(dirname(config), 'kubeconfig'),
  };
}

/** The places that are not where the plugin would look by itself: a runtime does not pass on our environment. */
export function placesToName(locations: Locations): Partial<Locations> {
  const defaults = findLocations({});
  return Object.fromEntries(
    Object.entries(locations)
      .filter(([key, path]) => defaults[key as keyof Locations] !== path)
      .map(([key, path]) => [key, resolve(path)]),
  );
}
