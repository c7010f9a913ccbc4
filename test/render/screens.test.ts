/**
 * Every screen, at the sizes that nodes and terminals have, as the files of test/screens have it; ENIM_SCREENS=write writes them
 * anew, to be read before they are committed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import stringWidth from 'string-width';
import type { EniView } from '../../src/manager/list.js';
import { renderAdded } from '../../src/render/added.js';
import { renderAdoptions } from '../../src/render/adoptions.js';
import { renderCluster } from '../../src/render/cluster.js';
import { renderDiagnosis } from '../../src/render/diagnosis.js';
import { renderPicture, renderStanding } from '../../src/render/drain.js';
import { renderEnis } from '../../src/render/enis.js';
import { renderFailure } from '../../src/render/failure.js';
import { folded } from '../../src/render/fold.js';
import { renderHistory } from '../../src/render/history.js';
import { renderInstallation } from '../../src/render/installation.js';
import { renderProposal } from '../../src/render/proposal.js';
import { renderProvided } from '../../src/render/provided.js';
import { renderShow } from '../../src/render/show.js';
import { styleFor } from '../../src/render/style.js';
import { renderSynced } from '../../src/render/synced.js';
import { renderVerdicts } from '../../src/render/verdicts.js';
import { renderVersion } from '../../src/render/version.js';
import { renderWhere } from '../../src/render/where.js';
import { NOW, sampleViews } from './views.js';
import * as world from './world.js';

const SCREENS = join(import.meta.dirname, '../screens');
const COUNTS = [0, 1, 64, 256];
const WIDTHS = [60, 80, 200, null];

const plain = styleFor({ isTTY: false }, {});
const coloured = styleFor({ isTTY: true }, {});

type Draw = (views: readonly EniView[], width: number | null, style: typeof plain) => string;

const history = { now: NOW, subject: null, since: null, ignored: 0 };
const list = { now: NOW, config: '/etc/enim/config.json', origin: 'enim provider init' };

const COMMANDS: Readonly<Record<string, Draw>> = {
  list: (views, width, style) => renderEnis(views, { ...list, wide: false, width, style, known: views.length }),
  'list -o wide': (views, width, style) =>
    renderEnis(views, { ...list, wide: true, width, style, known: views.length }),
  'list --all-nodes': (views, width) =>
    renderCluster(world.clusterViews(views), { wide: false, width, now: NOW, node: null }),
  show: (views, width) => {
    const all = views.length === 1 ? views : world.held(views).slice(0, 1);
    return renderShow(
      all.map((view) => world.portrait(view, world.holdings([view]))),
      { width, now: NOW },
    );
  },
  where: (views, width) => renderWhere(world.held(views).slice(0, 2).map(world.nicOf), { width, now: NOW }),
  history: (views, width) => renderHistory(world.holdings(views), { ...history, wide: false, width }),
  'history -o wide': (views, width) => renderHistory(world.holdings(views), { ...history, wide: true, width }),
  doctor: (views, width, style) => renderDiagnosis(world.findings(views), [], { width, style }),
  'gc --dry-run': (views, width) => renderVerdicts(world.verdicts(views), true, width),
  'provider list': (views, width) => renderProvided(world.provided(views), { width, now: NOW, origin: list.origin }),
  'provider init': (views, width) => renderProposal(world.proposal(views), width),
  add: (views) =>
    world
      .held(views)
      .slice(0, 1)
      .map((view) => renderAdded(view, view.mac))
      .join('\n'),
  'sync --dry-run': (views, width) => renderSynced(world.synced(views), width),
  install: (views, width) => renderInstallation(world.installation(views), width, NOW),
  version: () => renderVersion(world.VERSION),
  adopt: (views, width) => renderAdoptions(world.adoptions(views), 'enim adopt --yes', width),
  drain: (views, width) =>
    renderPicture({
      ...{ standings: world.standings(views), passed: 42_000, timeout: 600_000, width: width ?? 1_000, height: 12 },
    }),
  'drain, when its time is over': (views, width, style) => {
    const away = world.standings(views).filter(({ state }) => state !== 'home');
    return renderFailure(world.undrained(views, away.map(renderStanding)), { style, width, debug: false });
  },
};

const titleOf = (count: number, width: number | null): string =>
  `${count} ENIs, ${width === null ? 'in a pipe' : `${width} columns`}`;

/** Of a long screen one reads its beginning and its end. */
const ends = (text: string): string[] => {
  const lines = text.split('\n');
  return lines.length <= 16 ? lines : [...lines.slice(0, 8), `[${lines.length - 14} lines]`, ...lines.slice(-6)];
};

describe.each(Object.entries(COMMANDS))('the screen of enim %s', (command, draw) => {
  const screens = COUNTS.flatMap((count) => WIDTHS.map((width) => ({ count, width })));
  const drawn = (count: number, width: number | null, style = plain): string =>
    folded(draw(sampleViews(count), width, style), width);

  it('is as it was read and found good', () => {
    const text = screens
      .map(({ count, width }) => [`== ${titleOf(count, width)}`, '', ...ends(drawn(count, width)), '', ''].join('\n'))
      .join('\n');
    const file = join(SCREENS, `${command.replaceAll(/[^a-z]+/g, '-')}.txt`);
    if (process.env.ENIM_SCREENS === 'write') writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  it('is never wider than the terminal, but for a word that is', () => {
    for (const { count, width } of screens) {
      for (const line of drawn(count, width).split('\n'))
        expect({
          command,
          line,
          fits: width === null || stringWidth(line) <= width || !line.includes(' '),
        }).toMatchObject({
          fits: true,
        });
    }
  });

  it('says the same with colour', () => {
    for (const { count, width } of screens)
      expect(stripVTControlCharacters(drawn(count, width, coloured))).toBe(drawn(count, width));
  });
});
