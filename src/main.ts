/** Where the program starts, as executable (dist/enim) and as bundle for Node.js (bin/run.js). */
import type { Interfaces } from '@oclif/core';
import manifest from '../oclif.manifest.json' with { type: 'json' };
import pjson from '../package.json' with { type: 'json' };
import { runCli } from './commands/cli.js';
import { COMMANDS } from './commands/index.js';
import type { Manifest } from './commands/plugin.js';

process.exitCode = await runCli(process.argv.slice(2), {
  pjson: pjson as unknown as Interfaces.PJSON,
  manifest: manifest as unknown as Manifest,
  commands: COMMANDS,
});
