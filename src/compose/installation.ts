/** The composition root of installing: what reads and writes files, and for a cluster's node the cluster. Loaded by the call. */
import { resolve } from 'node:path';
import type { AccountSource } from '../install/account.js';
import type { ClusterFiles, Installer, InstallSettings } from '../install/installer.js';
import { alone } from '../store/lock.js';
import { createKubernetes, type NodeParts, nodeNameOf } from './cluster.js';

/** One installation at a time. */
export async function createInstaller(parts: NodeParts): Promise<Installer> {
  const { env, settings, locations, locks, clock } = parts;
  const [{ files }, { install, uninstall }, { readAccount }, { kubeconfigText }, { settingsFor }] = await Promise.all([
    import('../install/files.js'),
    import('../install/installer.js'),
    import('../install/account.js'),
    import('../install/kubeconfig.js'),
    import('../config/cluster.js'),
  ]);
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
