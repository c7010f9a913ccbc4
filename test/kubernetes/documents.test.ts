import { afterAll, afterEach, beforeAll, beforeEach, it } from '@jest/globals';
import { answer } from '../fabric/answers.js';
import type { Node } from '../fabric/node.js';
import { describeEndToEnd } from '../fabric/requirements.js';
import { recordExample } from '../reference/examples.js';
import { expectFits } from '../reference/schemas.js';
import { type ApiServer, faults, startApiServer } from './apiserver.js';
import { createOnlyNode } from './clusternode.js';
import { makeEnisOf, NODE } from './objects.js';
import type { Relay } from './relay.js';

describeEndToEnd(
  'a document of a cluster that enim prints with --json fits its schema',
  () => {
    let api: ApiServer;
    let node: Node;
    let relay: Relay;

    beforeAll(async () => {
      api = await startApiServer();
    });
    afterAll(() => api?.stop());

    beforeEach(async () => {
      ({ node, relay } = await createOnlyNode(api, 2));
      const isNew = { CCEStatus: 'Pending', index: undefined, CCEStatusChangeLog: undefined };
      await makeEnisOf(api, node, { node: NODE, status: isNew });
    });
    afterEach(async () => {
      await relay?.stop();
      await node?.destroy();
    });

    const said = async (...args: readonly string[]): Promise<unknown> => answer(await node.enim([...args, '--json']));

    it('before, while and after its ENIs are made ready and given out', async () => {
      expectFits('list', await said('list', '--all-nodes'));
      expectFits('sync', await said('sync', '--dry-run'));
      const synced = await said('sync');
      expectFits('sync', synced);
      recordExample(node, 'sync', synced);
      expectFits('sync', await said('sync'));

      const pod = await node.pod('web-0');
      expectFits('add', await said('add', 'default/web-0', '--netns', pod.path));
      for (const command of ['list', 'sync', 'doctor', 'metrics', 'provider']) expectFits(command, await said(command));
      for (const flags of [['--all-nodes'], ['--node', NODE]]) expectFits('list', await said('list', ...flags));
      expectFits('provider-list', await said('provider', 'list'));
      expectFits('show', await said('show', 'default/web-0'));
      expectFits('settings-file', await said('config', 'get'));
      expectFits('state-file', node.state());
      expectFits('del', await said('del', 'default/web-0'));
    });
  },
  faults(),
);
