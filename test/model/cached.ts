/** A file of libcni's cache, as containerd and podman write it. */

interface Overrides {
  readonly kind?: string;
  readonly containerId?: string;
  readonly ifName?: string;
  readonly networkName?: string;
  readonly config?: unknown;
  readonly cniArgs?: readonly (readonly string[])[] | undefined;
  readonly result?: unknown;
}

/** The ADD of web-0's eth0; `config` is written in base64. */
export function sampleCached({ config = { name: 'eninet', type: 'enim' }, ...overrides }: Overrides = {}): object {
  return {
    ...{ kind: 'cniCacheV1', containerId: 'c1', ifName: 'eth0', networkName: 'eninet' },
    config: Buffer.from(typeof config === 'string' ? config : JSON.stringify(config)).toString('base64'),
    cniArgs: [
      ['IgnoreUnknown', '1'],
      ['K8S_POD_NAMESPACE', 'default'],
      ['K8S_POD_NAME', 'web-0'],
      ['K8S_POD_INFRA_CONTAINER_ID', 'c1'],
      ['K8S_POD_UID', 'u-1'],
    ],
    capabilityArgs: {},
    result: {
      cniVersion: '1.0.0',
      interfaces: [{ name: 'eth0', mac: '02:e0:00:00:00:01', sandbox: '/run/netns/web-0' }],
    },
    ...overrides,
  };
}
