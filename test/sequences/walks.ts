import { expect, it } from '@jest/globals';
import { readNetnsState } from '../fabric/links.js';
import { describeEndToEnd } from '../fabric/requirements.js';
import { Chance } from './chance.js';
import { Walk } from './walk.js';
import { World } from './world.js';

const WALKS = Number(process.env.ENIM_WALKS);

/** As a failure prints it; the walks have this seed and those after it. */
const SEED = Number(process.env.ENIM_WALKS_SEED || Math.floor(Math.random() * 1e9));

const ENIS = 3;

/** Steps of a walk. */
const LENGTH = 40;

describeEndToEnd('any walk', () => {
  it(`${WALKS} of them take no NIC from a pod that lives, give none twice, and end with all NICs at home`, async () => {
    for (let seed = SEED; seed < SEED + WALKS; seed += 1) await walk(seed);
  }, 86_400_000);
});

async function walk(seed: number): Promise<void> {
  const world = await World.create(ENIS);
  const one = new Walk(world, new Chance(seed));
  try {
    for (let step = 0; step < LENGTH; step += 1) await one.step();
    await one.end();
    const links = (await readNetnsState(world.node.netns)).links.filter(({ name }) => name !== 'lo');
    expect(links.map(({ name }) => name).sort()).toEqual(world.node.enis.map(({ ifname }) => ifname));
    expect(world.node.state()?.attachments ?? {}).toEqual({});
  } catch (cause) {
    const indent = (lines: readonly string[]): string => lines.map((line) => `  ${line}`).join('\n');
    const now = await one.describe().catch((thrown: unknown) => [`It cannot be seen: ${thrown}`]);
    const message = cause instanceof Error ? cause.message : cause;
    throw new Error(`ENIM_WALKS_SEED=${seed}: ${message}. After\n${indent(one.trace)}\nNow\n${indent(now)}`, { cause });
  } finally {
    await world.node.destroy();
  }
}
