/** Environments and network configurations as runtimes send them: whole and valid, each value to be overridden. */
import type { CniCommand } from '../../src/cni/call.js';

/** The environment of kubelet's runtime. */
export function sampleEnv(command: CniCommand, overrides: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    CNI_COMMAND: command,
    CNI_CONTAINERID: '3f9c',
    CNI_NETNS: '/run/netns/enim-test-none',
    CNI_IFNAME: 'eth0',
    CNI_ARGS:
      'IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web-0;K8S_POD_INFRA_CONTAINER_ID=3f9c;K8S_POD_UID=77a1',
    CNI_PATH: '/nowhere/enim-test',
    ...overrides,
  };
}

/** The smallest network configuration. */
export function sampleNetwork(overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { cniVersion: '1.1.0', name: 'enis', type: 'enim', ...overrides };
}
