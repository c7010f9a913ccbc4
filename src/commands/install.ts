import { Flags } from '@oclif/core';
import { createInstaller } from '../compose/installation.js';
import type { Installation } from '../install/installer.js';
import type { Parts } from '../manager/parts.js';
import { isNameByHand } from '../model/attachment.js';
import { EnimError } from '../model/errors.js';
import { parseNetworkName } from '../model/names.js';
import { renderInstallation } from '../render/installation.js';
import { EnimCommand } from './base.js';
import { placeFlags, placesOf, placesToName } from './places.js';

/** `enim install`: makes enim the node's CNI plugin. */
export default class Install extends EnimCommand {
  static override summary = 'Make enim the CNI plugin of this node';

  static override description =
    `Copies this executable and writes the network configuration that makes container runtimes call it; each file is replaced as a whole or not at all. With --unmanaged it also writes files that make systemd-networkd, NetworkManager and udev leave the ENIs alone. What is up to date is kept.

With --kubeconfig, for a pod that installs enim on its node, it also writes a kubeconfig beside the settings, and has the settings name it. A copy of the account's token is in it: run it again before that ends. What the cluster does not let in is not written.

GC and STATUS exist from --cni-version 1.1.0 on, which takes a runtime with libcni 1.2 or later; there a node whose ENIs are all in use answers STATUS with an error (code 50).`;

  static override examples = [
    '<%= config.bin %> install --dry-run',
    '<%= config.bin %> install --bin-dir /tmp/enim-root/bin --conf-dir /tmp/enim-root/net.d',
    '<%= config.bin %> install --dry-run --unmanaged --cni-version 1.1.0 --json',
  ];

  static override flags = {
    ...placeFlags,
    network: Flags.string({ helpValue: 'NAME', default: 'eninet', description: 'name of the network' }),
    'cni-version': Flags.string({
      options: ['0.3.1', '0.4.0', '1.0.0', '1.1.0'],
      default: '1.0.0',
      description: 'version of the CNI specification that runtimes are to speak',
    }),
    unmanaged: Flags.boolean({ description: 'keep the node’s own network agents from the ENIs' }),
    kubeconfig: Flags.boolean({
      description: 'write a kubeconfig for the plugin, from the service account of this pod',
    }),
    'service-account': Flags.string({
      dependsOn: ['kubeconfig'],
      helpValue: 'DIR',
      description: 'directory of the token and ca.crt, instead of where the kubelet mounts it',
    }),
    'api-server': Flags.string({
      dependsOn: ['kubeconfig'],
      helpValue: 'URL',
      description: 'the API server, instead of what the kubelet says in the environment',
    }),
    'dry-run': Flags.boolean({ default: false, description: 'say what would be done, and change nothing' }),
    force: Flags.boolean({ default: false, description: 'overwrite a network configuration that differs' }),
  };

  async run(): Promise<Installation> {
    const { flags } = await this.parse(Install);
    // Then it writes them.
    this.mayLackSettings = flags.kubeconfig;
    const { parts, node, locations, settings } = this.open(flags, 'install');
    const network = parseNetworkName(flags.network);
    refuseNameByHand(network, settings.network);
    const unmanaged = flags.unmanaged ? await macsOf(parts) : null;
    const request = {
      ...placesOf(flags, locations),
      ...{
        network,
        cniVersion: flags['cni-version'],
        places: placesToName(locations),
      },
      ...{ unmanaged, force: flags.force, dryRun: flags['dry-run'] },
    };
    const account = flags.kubeconfig
      ? { directory: flags['service-account'] ?? null, server: flags['api-server'] ?? null }
      : null;
    const done = await createInstaller(node).install(request, account);
    for (const warning of done.warnings) this.warn(warning);
    this.show(() => renderInstallation(done, this.width(), parts.clock()));
    return done;
  }
}

/** The plugin would refuse each call. */
function refuseNameByHand(network: string, byHand: string): void {
  if (!isNameByHand(network, byHand)) return;
  throw new EnimError('INVALID_ARGUMENT', `--network is "${network}", the name of attachments by hand.`, {
    hint: 'choose another name, for example: enim install --network eninet',
  });
}

/** Of all ENIs that are known, and of those that a pod has although nothing else speaks of them any more. */
async function macsOf({ provider, store }: Parts): Promise<string[]> {
  return [...(await provider.list()), ...(await store.list())].map(({ eni }) => eni.mac);
}
