/** A bundle comes from strangers, and a pod names its links and processes as it likes: nothing in them moves a terminal. */
import { expect, it } from '@jest/globals';
import { Chalk } from 'chalk';
import { replay } from '../../src/compose/replay.js';
import { listCluster } from '../../src/manager/cluster.js';
import { examine } from '../../src/manager/doctor/examine.js';
import { list } from '../../src/manager/list.js';
import { show } from '../../src/manager/show.js';
import { where } from '../../src/manager/where/where.js';
import { EnimError } from '../../src/model/errors.js';
import { renderChange } from '../../src/render/changes.js';
import { renderCluster } from '../../src/render/cluster.js';
import { renderCordoned } from '../../src/render/cordon.js';
import { renderDiagnosis } from '../../src/render/diagnosis.js';
import { enisAsCsv, renderEnis } from '../../src/render/enis.js';
import { renderFailure } from '../../src/render/failure.js';
import { renderShow } from '../../src/render/show.js';
import { renderWhere } from '../../src/render/where.js';
import { archiveOf, changed, DOCUMENTS, MAC, placesIn } from './documents.js';

const style = new Chalk({ level: 0 });

/** Clears the screen, colours by a character of C1, forges a line, and turns the rest round. */
const HOSTILE = '\u001b[2J\u009b31m\r\nFORGED\u202e\u2066';

/** With an ENI that the cluster knows. */
const NODE: Readonly<Record<string, unknown>> = {
  ...DOCUMENTS,
  'provider.json': changed(DOCUMENTS['provider.json'], ['registry', 'enis', 'value', 0], {
    ...{
      id: 'eni-a',
      node: 'n1',
      mac: MAC,
      state: 'used',
      addresses: ['10.0.0.10'],
      holder: null,
      since: null,
      note: 'x',
    },
  }),
};

/** All that a person sees of it. */
async function screensOf(documents: Readonly<Record<string, unknown>>): Promise<string[]> {
  const asks = [
    async (node: Replayed) => {
      const enis = await list(node.parts);
      const options = { width: null, style, now: node.collected, known: enis.length, origin: 'enim provider init' };
      const { config } = node.locations;
      const screens = [false, true].flatMap((wide) =>
        [null, 80].flatMap((width) => [
          renderEnis(enis, { ...options, wide, width, config }),
          renderEnis([], { ...options, wide, width, config, known: 0 }),
        ]),
      );
      const changes = enis.map((eni) => renderChange({ at: 'now', event: 'added', eni, was: null }));
      return [...screens, ...changes, enisAsCsv(enis)];
    },
    async ({ parts, collected }: Replayed) => {
      const cordon = parts.cordon.find();
      return cordon === null ? [] : [renderCordoned(cordon, collected)];
    },
    async ({ parts, collected: now }: Replayed) => {
      const enis = await listCluster(parts, 'n1');
      return [false, true].map((wide) => renderCluster(enis, { wide, width: 80, now, node: 'n1' }));
    },
    async ({ parts, collected: now }: Replayed) =>
      [null, 80].map(async (width) => renderShow(await show(parts, MAC), { width, now })),
    async ({ parts, collected: now }: Replayed) =>
      [null, 80].map(async (width) => renderWhere(await where(parts, MAC), { width, now })),
    async ({ patient }: Replayed) => {
      const findings = await examine(patient);
      return [null, 80].map((width) => renderDiagnosis(findings, [], { width, style }));
    },
  ];
  const screens = asks.map(async (ask) => {
    try {
      return await Promise.all(await ask(replay('The bundle x', archiveOf(documents), () => {})));
    } catch (thrown) {
      if (!(thrown instanceof EnimError)) throw thrown;
      const { code, message, details, hint = null } = thrown;
      const failure = { code, message, details, hint, exitCode: 1, trace: '' };
      return [renderFailure(failure, { style, width: null, debug: false })];
    }
  });
  return (await Promise.all(screens)).flat();
}

type Replayed = ReturnType<typeof replay>;

it('shows what a terminal would obey, wherever in a bundle it stands', async () => {
  let shown = 0;
  for (const [name, document] of Object.entries(NODE)) {
    for (const at of placesIn(document)) {
      const value = at.reduce((inner, key) => (inner as Record<string | number, unknown>)[key], document);
      if (typeof value !== 'string' && value !== null) continue;
      const hostile = { ...NODE, [name]: changed(document, at, `${value ?? ''}${HOSTILE}`) };
      for (const screen of await screensOf(hostile)) {
        expect({ name, at, screen: screen.match(/^FORGED|[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/gmu) }).toEqual({
          ...{ name, at, screen: null },
        });
        if (screen.includes('\\u001b')) shown += 1;
      }
    }
  }
  expect(shown).toBeGreaterThan(100);
}, 60_000);
