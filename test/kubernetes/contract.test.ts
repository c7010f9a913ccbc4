import { afterAll, beforeAll } from '@jest/globals';
import { describeProvider } from '../contract/provider.js';
import { useTemporaryDirectories } from '../store/temporary.js';
import { type ApiServer, describeWithApiServer, startApiServer } from './apiserver.js';
import { open } from './bench.js';
import { clear, clusterEni, eniObject, makeEni, makeSubnet } from './objects.js';

describeWithApiServer('on a real API server, with the rights of deploy/rbac.yaml,', () => {
  const temporary = useTemporaryDirectories();
  let api: ApiServer;
  beforeAll(async () => {
    api = await startApiServer();
  });
  afterAll(() => api?.stop());

  describeProvider(
    'kubernetes',
    async (enis) => {
      await clear(api);
      await makeSubnet(api, 'sbn-1', { cidr: '10.1.0.0/24' });
      for (const eni of enis) await makeEni(api, eniObject(eni));
      let now = Date.parse('2026-01-01T00:00:00Z');
      const state = temporary();
      return {
        open: () => open({ kubeconfig: api.node, state, clock: () => new Date(now) }),
        pass: () => {
          now += 1_000;
        },
      };
    },
    clusterEni,
  );
});
