/** The composition root of installing: what reads and writes files, and for a cluster's node the cluster. */
import { resolve } from 'node:path';
import { settingsFor } from '../config/cluster.js';
import { type AccountSource, readAccount } from '../install/account.js';
import { files } from '../install/files.js';
import {
  type ClusterFiles,
  type Installation,
  type Installer,
  type InstallSettings,
  install,
  uninstall,
} from '../install/installer.js';
import { kubeconfigText } from '../install/kubeconfig.js';
import { alone } from '../store/lock.js';
import { createKubernetes, type NodeParts, nodeNameOf } from './cluster.js';
import { aloneWithSettings } from './edit.js';

/** One installation at a time. */
export function createInstaller(parts: NodeParts): Installer {
  const { env, settings, locations, locks, clock } = parts;
  // On Node.js what runs is not enim.
  const executable = typeof Bun === 'undefined' ? null : process.execPath;

  /** Null where the node is called in the cluster as it calls itself. */
  const nodeName = settings.kubernetes.nodeName ?? (env.NODE_NAME || null);

  /** @throws EnimError UNSAFE where they choose something else by now */
  const settingsOf = ({ kubeconfig, force }: InstallSettings): ClusterFiles['settings'] => {
    const text = settingsFor(locations.config, { kubeconfig, nodeName, force });
    return { path: resolve(locations.config), text };
  };

  /** What the account gives, once it was seen that the cluster lets us in with it. */
  const clusterFor = async (
    account: AccountSource,
    request: InstallSettings,
  ): Promise<Omit<ClusterFiles, 'settings'>> => {
    const read = readAccount(files, account, env, clock());
    const { registry } = await createKubernetes(parts, {
      kubeconfig: request.kubeconfig,
      text: kubeconfigText(read),
    });
    const node = await nodeNameOf(parts);
    await registry.enis(node);
    const warnings =
      nodeName === null
        ? [`NODE_NAME is not set, so the name of this node in the cluster is taken to be ${node}.`]
        : [];
    return { ...read, warnings };
  };

  return {
    install: async (request, account) => {
      const put = (cluster: ClusterFiles | null): Promise<Installation> =>
        alone(locks, 'install', () => install(files, executable, { ...request, cluster }));
      if (account === null) return put(null);
      // Refused before the cluster is asked.
      settingsOf(request);
      const cluster = await clusterFor(account, request);
      const write = (): Promise<Installation> => put({ ...cluster, settings: settingsOf(request) });
      return request.dryRun ? write() : aloneWithSettings(locations.config, 'enim install', write);
    },
    uninstall: (places, options) => alone(locks, 'install', () => uninstall(files, places, options)),
  };
}
