/** The composition root of installing: what reads and writes files, and for a cluster's node the cluster. */
import { resolve } from 'node:path';
import { settingsFor } from '../config/cluster.js';
import { type AccountSource, readAccount } from '../install/account.js';
import { files } from '../install/files.js';
import { type ClusterFiles, type Installer, type InstallSettings, install, uninstall } from '../install/installer.js';
import { kubeconfigText } from '../install/kubeconfig.js';
import { alone } from '../store/lock.js';
import { createKubernetes, type NodeParts, nodeNameOf } from './cluster.js';

/** One installation at a time. */
export function createInstaller(parts: NodeParts): Installer {
  const { env, settings, locations, locks, clock } = parts;
  // On Node.js what runs is not enim.
  const executable = typeof Bun === 'undefined' ? null : process.execPath;

  /** What the account gives, once it was seen that the cluster lets us in with it. */
  const clusterFor = async (account: AccountSource, request: InstallSettings): Promise<ClusterFiles> => {
    const { kubeconfig, force } = request;
    const read = readAccount(files, account, env, clock());
    const known = settings.kubernetes.nodeName ?? (env.NODE_NAME || null);
    const text = settingsFor(locations.config, { kubeconfig, nodeName: known, force });
    const { registry } = await createKubernetes(parts, { kubeconfig, text: kubeconfigText(read) });
    const node = await nodeNameOf(parts);
    await registry.enis(node);
    const warnings =
      known === null ? [`NODE_NAME is not set, so the name of this node in the cluster is taken to be ${node}.`] : [];
    return { ...read, settings: { path: resolve(locations.config), text }, warnings };
  };

  return {
    install: async (request, account) => {
      const cluster = account === null ? null : await clusterFor(account, request);
      return alone(locks, 'install', () => install(files, executable, { ...request, cluster }));
    },
    uninstall: (places, options) => alone(locks, 'install', () => uninstall(files, places, options)),
  };
}
