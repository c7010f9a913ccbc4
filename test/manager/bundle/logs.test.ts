import { expect, it } from '@jest/globals';
import { createHost } from '../../../src/host/linux.js';
import { createGatherer } from '../../../src/manager/bundle/gathered.js';
import { gatherLogs } from '../../../src/manager/bundle/logs.js';

it('has the journal, and a log of its name beside it', async () => {
  const gatherer = createGatherer(() => undefined);
  await gatherLogs(gatherer, {
    host: createHost({ programs: { run: async () => Promise.reject(new Error('no program')) }, path: '' }),
    tail: (path) => (path.endsWith('.1') ? undefined : { text: `of ${path}`, isShortened: true }),
    journal: async () => 'of the journal',
    confDir: '/nonexistent',
    logs: ['/journal.log', '/_journal.log'],
  });
  expect(Object.fromEntries(gatherer.texts)).toEqual({
    'logs/journal.log': 'of the journal',
    'logs/2-journal.log': 'of /journal.log',
    'logs/3-journal.log': 'of /_journal.log',
  });
  expect(gatherer.shortened).toEqual(['logs/2-journal.log', 'logs/3-journal.log']);
});
