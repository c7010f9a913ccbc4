/**
 * The command table as an oclif plugin. oclif would look for package.json, the manifest and the command files on disk; the
 * executable has none of them, so all three are handed to it here.
 */
import { dirname } from 'node:path';
import type { Command, Interfaces } from '@oclif/core';
import type { CommandTable } from './index.js';

/** oclif.manifest.json: what `--help` and the dispatch need of each command, without loading it. */
export interface Manifest {
  readonly commands: Readonly<Record<string, Command.Cached>>;
}

/** What the command line program is made of. */
export interface Program {
  readonly pjson: Interfaces.PJSON;
  readonly manifest: Manifest;
  readonly commands: CommandTable;
}

/** oclif's options for running a program that is entirely in memory. */
export function oclifOptions(program: Program): Interfaces.LoadOptions & { readonly root: string } {
  const plugin = createPlugin(program);
  return { root: plugin.root, pjson: program.pjson, plugins: new Map([[plugin.name, plugin]]) };
}

function createPlugin({ pjson, manifest, commands }: Program): Interfaces.Plugin {
  const root = dirname(process.execPath);

  async function findCommand(id: string): Promise<Command.Class> {
    const load = commands[id];
    if (load === undefined)
      throw new Error(`oclif.manifest.json names a command "${id}" that is not in the command table.`);
    const { default: command } = await load();
    command.id = id;
    return command;
  }

  return {
    _base: '',
    alias: pjson.name,
    commandIDs: Object.keys(manifest.commands),
    commands: Object.entries(manifest.commands).map(([id, cached]) => ({ ...cached, id, load: () => findCommand(id) })),
    commandsDir: undefined,
    findCommand,
    hasManifest: true,
    hooks: {},
    isRoot: true,
    load: async () => undefined,
    moduleType: 'module',
    name: pjson.name,
    options: { root },
    pjson,
    root,
    topics: Object.entries(pjson.oclif.topics ?? {}).map(([name, topic]) => ({ ...topic, name })),
    type: 'core',
    valid: true,
    version: pjson.version,
  };
}
