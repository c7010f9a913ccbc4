import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readNetnsState } from '../fabric/links.js';
import { describeEndToEnd } from '../fabric/requirements.js';
import { anyCommand, ENIS, ends, gc, KNOWN, plug } from './commands.js';
import { Model } from './model.js';
import { World } from './world.js';

const SEQUENCES = Number(process.env.ENIM_SEQUENCES || 4);

/** As a failure prints it. */
const REPLAY = JSON.parse(process.env.ENIM_SEQUENCES_REPLAY || '{}') as {
  seed?: number;
  path?: string;
  replayPath?: string;
};

/** Commands of a sequence, at most; some find nothing to work on and are left out. */
const LENGTH = 40;

describeEndToEnd('any sequence of commands and mishaps', () => {
  it(`${SEQUENCES} of them leave the node as the reference says, and at the end all NICs are home and free`, async () => {
    const { replayPath, ...replay } = REPLAY;
    const any = fc.commands(anyCommand(), {
      maxCommands: LENGTH,
      size: 'max',
      ...(replayPath === undefined ? {} : { replayPath }),
    });
    const counts = { commands: 0, killed: 0 };
    const property = fc.asyncProperty(any, async (commands) => {
      const world = await World.create(ENIS);
      try {
        const before = await readNetnsState(world.node.netns);
        const model = new Model(world.node.enis);
        await fc.asyncModelRun(() => ({ model, real: world }), [...commands, ...theEnd()]);
        counts.commands += world.trace.length;
        counts.killed += world.trace.filter((line) => line.includes(': killed')).length;
        const links = before.links.map((link) => ({
          ...link,
          mtu: model.enis.find(({ home }) => home.name === link.name)?.home.mtu ?? link.mtu,
        }));
        expect(await readNetnsState(world.node.netns)).toEqual({ ...before, links });
        expect(Object.values(await world.see()).map(({ state }) => state)).toEqual(model.enis.map(() => 'free'));
      } finally {
        await world.node.destroy();
      }
    });
    await fc.assert(property, { numRuns: SEQUENCES, examples: KNOWN.map((commands) => [commands]), ...replay });
    process.stderr.write(`sequences: ${counts.commands} commands, ${counts.killed} of them killed\n`);
  }, 3_600_000);
});

/** Everything dies, and gc has to find it. */
function theEnd(): ReturnType<typeof gc>[] {
  const plugs = Array.from({ length: ENIS }, (_, index) => plug(index));
  return [...ends, ...plugs, gc(null), gc(null)];
}
