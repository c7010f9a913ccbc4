/** Lives in a home netns: a real API server with the objects of that home's ENIs. Says how to reach it, and ends with its parent. */
import { type ApiServer, type Stored, startApiServer } from '../test/kubernetes/apiserver.js';
import { eniObject, makeEni, makeSubnet, NODE, V2 } from '../test/kubernetes/objects.js';
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
  process.on('message', async ({ change }: { readonly change: number }) => {
    await changeAll(
      api,
      enis.map(({ id }) => id),
      change,
    );
    process.send?.({ change });
  });
  process.send?.({ kubeconfig: api.node, nodeName: NODE });
}

/** How many are changed at once. */
const AT_ONCE = 8;

/** Changes the status of one after the other, so often in all. */
async function changeAll(api: ApiServer, ids: readonly string[], times: number): Promise<void> {
  let done = 0;
  const work = async (own: readonly string[]): Promise<void> => {
    const known = new Map<string, Stored>();
    while (done < times) {
      for (const id of own) {
        done += 1;
        const path = `${V2}/enis/${id}`;
        const eni = known.get(id) ?? (await api.ask('GET', path));
        const status = { ...eni.status, vpcVersion: done };
        known.set(id, await api.ask('PUT', `${path}/status`, { ...eni, status }));
      }
    }
  };
  await Promise.all(
    Array.from({ length: AT_ONCE }, (_, at) => work(ids.filter((__, index) => index % AT_ONCE === at))),
  );
}

void main(JSON.parse(process.argv[2] ?? '[]'));
