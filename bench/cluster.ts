/** Lives in a home netns: a real API server with the objects of that home's ENIs. Says how to reach it, and ends with its parent. */
import { startApiServer } from '../test/kubernetes/apiserver.js';
import { eniObject, makeEni, makeSubnet, NODE } from '../test/kubernetes/objects.js';
import { sampleEni } from '../test/model/samples.js';

/** An ENI as home.js describes it. */
interface HomeEni {
  readonly id: string;
  readonly mac: string;
  readonly addresses: readonly { readonly family: 4 | 6; readonly address: string; readonly gateway: string }[];
}

async function main(enis: readonly HomeEni[]): Promise<void> {
  const api = await startApiServer();
  process.once('disconnect', () => api.stop().finally(() => process.exit()));
  // Of the pods.
  await api.ask('POST', '/api/v1/namespaces', { metadata: { name: 'bench' } });
  await makeSubnet(api, 'sbn-1', { cidr: '10.99.0.0/16', ipv6CIDR: 'fd99::/64' });
  for (const { id, mac, addresses } of enis) {
    const [ipv4 = null, ipv6 = null] = ([4, 6] as const).map((family) =>
      addresses.find((each) => each.family === family),
    );
    await makeEni(api, eniObject(sampleEni(1, { id, mac, ipv4, ipv6 })));
  }
  process.send?.({ kubeconfig: api.node, nodeName: NODE });
}

void main(JSON.parse(process.argv[2] ?? '[]'));
