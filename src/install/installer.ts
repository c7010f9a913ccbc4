/**
 * Installing enim as a node's CNI plugin, and removing it again: the executable first, and only then the network configuration that
 * makes a runtime call it; on the way back the other way round.
 */
import { join, resolve } from 'node:path';
import { EnimError } from '../model/errors.js';
import type { AccountSource } from './account.js';
import {
  type ConflistSettings,
  callsUs,
  conflist,
  isConfiguration,
  isOurConflist,
  namesBefore,
  otherVersionIn,
  PLUGIN,
  saysTheSame,
  stateDirIn,
} from './conflist.js';
import type { Files } from './files.js';
import { type Credentials, isOurKubeconfig, kubeconfigText, type TokenFacts } from './kubeconfig.js';
import { DROP_IN_PATHS, dropIns, isOurDropIn, RELOADS } from './unmanaged.js';

/** Where things go. */
export interface Places {
  readonly binDir: string;
  readonly confDir: string;
  /** Name of the network configuration's file. */
  readonly confName: string;
  /** Root directory of the drop-ins. */
  readonly root: string;
  /** Path of the plugin's kubeconfig. */
  readonly kubeconfig: string;
}

/** The plugin's way to a cluster: its kubeconfig, and the settings that name it. */
export interface ClusterFiles extends Credentials, TokenFacts {
  readonly settings: { readonly path: string; readonly text: string };
  readonly warnings: readonly string[];
}

/** What the faces ask for. */
export interface InstallSettings extends Places, ConflistSettings {
  /** MACs of the ENIs that the node's agents are to leave alone; null writes no drop-ins. */
  readonly unmanaged: readonly string[] | null;
  /** Overwrite what is not what would be written. */
  readonly force: boolean;
  readonly dryRun: boolean;
}

export interface InstallRequest extends InstallSettings {
  /** Null writes no kubeconfig. */
  readonly cluster: ClusterFiles | null;
}

/** What became, or would become, of one file. */
export interface Change {
  readonly path: string;
  readonly action: 'write' | 'replace' | 'keep' | 'remove' | 'leave';
  /** Why, where it is not plain. */
  readonly note: string | null;
}

/** What the faces call; one installation at a time. */
export interface Installer {
  /** @param account whose kubeconfig the plugin is to have; null leaves that alone */
  install(request: InstallSettings, account: AccountSource | null): Promise<Installation>;
  uninstall(places: Places, options: UninstallOptions): Promise<Installation>;
}

/** Who stands against it, and what to do all the same. */
export interface UninstallOptions {
  /** Who holds ENIs, for example "default/web-0 (eni-a)". */
  readonly held: readonly string[];
  /** Directory of the state that says so. */
  readonly stateDir: string;
  readonly force: boolean;
  readonly dryRun: boolean;
}

/** The result of either direction. */
export interface Installation {
  readonly dryRun: boolean;
  readonly changes: readonly Change[];
  readonly warnings: readonly string[];
  /** Commands that a human may want to run next. */
  readonly next: readonly string[];
  /** Whom the kubeconfig that was written speaks for, and until when; null if none was. */
  readonly kubeconfig: (TokenFacts & { readonly path: string; readonly server: string }) | null;
}

/**
 * Installs; what is as it should be is kept, and a network configuration that differs in its version alone is replaced.
 *
 * @param executable what to copy; null where we run on another program
 * @throws EnimError UNSAFE if another network configuration has the name, INVALID_ARGUMENT, INSTALL_FAILED, NOT_PERMITTED
 */
export function install(files: Files, executable: string | null, request: InstallRequest): Installation {
  const { binDir, confDir, confName, root, kubeconfig, unmanaged, cluster, force, dryRun } = request;
  const program = executable === null ? undefined : files.read(executable);
  if (program === undefined) {
    throw new EnimError('INVALID_ARGUMENT', 'What runs now is no executable of enim that could be copied.', {
      hint: 'build it and run that: npm run build && dist/enim install',
    });
  }
  const confPath = join(confDir, confName);
  const text = conflist(request);
  const before = files.read(confPath)?.toString('utf8');
  const isSame = before !== undefined && saysTheSame(before, text);
  // Which version is spoken can change at any time: what is attached is found by the rest, which is the same.
  const oldVersion = before === undefined ? undefined : otherVersionIn(before, text);
  if (before !== undefined && !isSame && oldVersion === undefined && !force) {
    throw new EnimError('UNSAFE', `${confPath} is there already, and is not what would be written.`, {
      details: isOurConflist(before) ? difference(pretty(before), text) : ['It names other plugins than enim.'],
      hint: 'see whether you need it; to overwrite it: --force',
    });
  }
  const keep = (path: string): Change => ({ path, action: 'keep', note: 'it is up to date' });
  const put = (path: string, content: string | Uint8Array, mode: number, note: string | null = null): Change => {
    const isUpToDate = files.holds(path, typeof content === 'string' ? Buffer.from(content) : content);
    if (isUpToDate === true) return keep(path);
    if (!dryRun) files.replace(path, content, mode);
    return { path, action: isUpToDate === undefined ? 'write' : 'replace', note };
  };
  const wanted = unmanaged === null ? [] : dropIns(unmanaged);
  const target = join(binDir, PLUGIN);
  if (files.mentions(target, MARK) === false && !force) {
    throw new EnimError('UNSAFE', `${target} is there already, and is no enim.`, {
      hint: 'see whose it is; to overwrite it: --force',
    });
  }
  if (cluster !== null && !force) refuseForeignKubeconfig(files, kubeconfig);
  const changes = [
    put(target, program, 0o755),
    ...(cluster === null
      ? []
      : [
          // The settings name it, so it is there before them.
          put(kubeconfig, kubeconfigText(cluster), 0o600),
          put(cluster.settings.path, cluster.settings.text, 0o644),
        ]),
    ...wanted.map(({ path, content }) => put(join(root, path), content, 0o644)),
    // Last: with it runtimes begin to call the plugin.
    isSame
      ? keep(confPath)
      : put(confPath, text, 0o644, oldVersion === undefined ? null : `its cniVersion was ${oldVersion}`),
  ];
  const others = namesBefore(confName, files.list(confDir));
  return {
    dryRun,
    changes,
    warnings: [
      ...(cluster?.warnings ?? []),
      ...(others.length === 0
        ? []
        : [
            `${others.map((name) => join(confDir, name)).join(', ')} comes before it; containerd takes the first file.`,
          ]),
    ],
    next: [...(unmanaged === null ? ['enim install --unmanaged'] : RELOADS), 'enim list'],
    kubeconfig: cluster === null ? null : described(kubeconfig, cluster),
  };
}

function refuseForeignKubeconfig(files: Files, path: string): void {
  const content = files.read(path);
  if (content === undefined || isOurKubeconfig(content.toString('utf8'))) return;
  throw new EnimError('UNSAFE', `${path} is there already, and enim has not written it.`, {
    hint: 'see whose it is; to overwrite it: --force',
  });
}

function described(path: string, { server, account, pod, expires }: ClusterFiles): Installation['kubeconfig'] {
  return { path, server, account, pod, expires };
}

/**
 * Removes what `install` wrote, and nothing else.
 *
 * @throws EnimError UNSAFE if anybody holds an ENI, or may do so by another state, which the network configuration names, or if another
 *   network configuration would have runtimes call the plugin
 */
export function uninstall(files: Files, places: Places, options: UninstallOptions): Installation {
  const { held, stateDir, force, dryRun } = options;
  if (held.length > 0 && !force) {
    throw new EnimError(
      'UNSAFE',
      `${held.length === 1 ? '1 ENI is' : `${held.length} ENIs are`} attached; without the plugin nobody would bring ${held.length === 1 ? 'it' : 'them'} home.`,
      {
        details: held,
        hint: 'delete the pods first and see: enim list; to remove it all the same: --force',
      },
    );
  }
  const { binDir, confDir, confName, root, kubeconfig } = places;
  const confPath = join(confDir, confName);
  const named = stateDirIn(files.read(confPath)?.toString('utf8') ?? '');
  if (named !== undefined && resolve(named) !== stateDir && !force) {
    throw new EnimError('UNSAFE', `${confPath} names the state in ${named}, and this looked into ${stateDir}.`, {
      details: ['Without the plugin nobody would bring home what is attached by that one.'],
      hint: `look there: ENIM_STATE_DIR=${named} enim uninstall; to remove it all the same: --force`,
    });
  }
  const callers = callersBeside(files, confDir, confName);
  if (callers.length > 0 && !force) {
    throw new EnimError(
      'UNSAFE',
      `${callers.join(', ')} would still have runtimes call the plugin, and no pod would come up.`,
      {
        hint: 'change or remove what names enim there; to remove the plugin all the same: --force',
      },
    );
  }
  const remove = (path: string, isOurs: (content: Buffer) => boolean): Change => {
    const content = files.read(path);
    if (content === undefined) return { path, action: 'leave', note: 'it is not there' };
    if (!isOurs(content)) return { path, action: 'leave', note: 'it is not enim’s' };
    if (!dryRun) files.remove(path);
    return { path, action: 'remove', note: null };
  };
  // In this order: first nobody must call the plugin any more.
  const changes = [
    remove(confPath, (content) => isOurConflist(content.toString('utf8'))),
    remove(join(binDir, PLUGIN), (content) => content.includes(MARK)),
    ...(files.read(kubeconfig) === undefined
      ? []
      : [remove(kubeconfig, (content) => isOurKubeconfig(content.toString('utf8')))]),
  ];
  const dropIns = DROP_IN_PATHS.map((path) =>
    remove(join(root, path), (content) => isOurDropIn(content.toString('utf8'))),
  );
  const removedDropIns = dropIns.some(({ action }) => action === 'remove');
  return {
    ...{ dryRun, changes: [...changes, ...dropIns], warnings: [] },
    ...{ next: removedDropIns ? RELOADS : [], kubeconfig: null },
  };
}

/** Paths of the network configurations that name our plugin and are not the one that `install` writes. */
function callersBeside(files: Files, confDir: string, confName: string): string[] {
  return files
    .list(confDir)
    .filter(isConfiguration)
    .filter((name) => {
      const text = files.read(join(confDir, name))?.toString('utf8') ?? '';
      return callsUs(text) && !(name === confName && isOurConflist(text));
    })
    .map((name) => join(confDir, name));
}

/** Stands in every build of enim as it stands here, so that a file can be told from another program of its name. */
const MARK = 'This file is the executable of enim, which gives whole network cards to pods.';

function pretty(text: string): string {
  return JSON.stringify(JSON.parse(text), null, 2);
}

/** The lines that differ, as `diff` marks them. */
function difference(before: string, after: string): string[] {
  const [old, fresh] = [before, after].map((text) => text.trimEnd().split('\n')) as [string[], string[]];
  return [
    ...old.filter((line) => !fresh.includes(line)).map((line) => `- ${line.trim()}`),
    ...fresh.filter((line) => !old.includes(line)).map((line) => `+ ${line.trim()}`),
  ].slice(0, 10);
}
