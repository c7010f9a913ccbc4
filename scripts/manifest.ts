/** Makes oclif.manifest.json from the command table: what help and dispatch need of each command without loading it. */
import { type Command, type Interfaces, Plugin } from '@oclif/core';
import type { CommandTable } from '../src/commands/index.js';
import type { Manifest } from '../src/commands/plugin.js';
import { usageOf } from './usage.js';

/** @throws Error if a command cannot be loaded */
export async function createManifest(pjson: Interfaces.PJSON, table: CommandTable): Promise<Manifest> {
  const plugin = new Plugin({
    isRoot: true,
    root: '/',
    pjson: withTable(pjson),
    ignoreManifest: true,
    errorOnManifestCreate: true,
  });
  // oclif fills this private field from a file; it is the only way to give it classes instead.
  Object.assign(plugin, { commandCache: await loadAll(table) });
  await plugin.load();
  const { commands, version } = plugin.manifest;
  const told = Object.entries(commands).map(([id, command]) => [id, { ...command, usage: usageOf(command) }] as const);
  return JSON.parse(JSON.stringify({ commands: sorted(Object.fromEntries(told)), version })) as Manifest;
}

function withTable(pjson: Interfaces.PJSON): Interfaces.PJSON {
  return { ...pjson, oclif: { ...pjson.oclif, commands: { strategy: 'explicit', target: 'the command table' } } };
}

async function loadAll(table: CommandTable): Promise<Record<string, Command.Class>> {
  const entries = Object.entries(table).map(async ([id, load]) => [id, (await load()).default] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => a.localeCompare(b, 'en')));
}
