/** Prints oclif.manifest.json for the commands as they are; the build runs it. */
import type { Interfaces } from '@oclif/core';
import pjson from '../package.json' with { type: 'json' };
import { COMMANDS } from '../src/commands/index.js';
import { createManifest } from './manifest.js';

void createManifest(pjson as unknown as Interfaces.PJSON, COMMANDS).then((manifest) => {
  process.stdout.write(`${JSON.stringify(manifest, null, 2)}\n`);
});
