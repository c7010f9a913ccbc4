/** The commands by their oclif ID (`provider:list` is typed `enim provider list`). Each is loaded only when it is run. */
import type { Command } from '@oclif/core';

/** Command ID → its module. */
export type CommandTable = Readonly<Record<string, () => Promise<{ readonly default: Command.Class }>>>;

/** All commands of enim. */
export const COMMANDS: CommandTable = {
  add: () => import('./add.js'),
  adopt: () => import('./adopt.js'),
  agent: () => import('./agent.js'),
  cni: () => import('./cni.js'),
  complete: () => import('./complete.js'),
  completion: () => import('./completion.js'),
  'config:get': () => import('./config/get.js'),
  'config:path': () => import('./config/path.js'),
  'config:set': () => import('./config/set.js'),
  cordon: () => import('./cordon.js'),
  del: () => import('./del.js'),
  doctor: () => import('./doctor.js'),
  drain: () => import('./drain.js'),
  gc: () => import('./gc.js'),
  history: () => import('./history.js'),
  install: () => import('./install.js'),
  list: () => import('./list.js'),
  metrics: () => import('./metrics.js'),
  provider: () => import('./provider/index.js'),
  'provider:allocate': () => import('./provider/allocate.js'),
  'provider:init': () => import('./provider/init.js'),
  'provider:list': () => import('./provider/list.js'),
  'provider:quarantine': () => import('./provider/quarantine.js'),
  'provider:release': () => import('./provider/release.js'),
  'provider:restore': () => import('./provider/restore.js'),
  uncordon: () => import('./uncordon.js'),
  'support-bundle': () => import('./support-bundle.js'),
  sync: () => import('./sync.js'),
  show: () => import('./show.js'),
  uninstall: () => import('./uninstall.js'),
  version: () => import('./version.js'),
  where: () => import('./where.js'),
};
