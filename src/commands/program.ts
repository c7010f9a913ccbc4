/** The command line program: what its package.json and its manifest say, and its commands. */
import type { Interfaces } from '@oclif/core';
import manifest from '../../oclif.manifest.json' with { type: 'json' };
import pjson from '../../package.json' with { type: 'json' };
import { COMMANDS } from './index.js';
import type { Manifest, Program } from './plugin.js';

export const PROGRAM: Program = {
  pjson: pjson as unknown as Interfaces.PJSON,
  manifest: manifest as unknown as Manifest,
  commands: COMMANDS,
};
