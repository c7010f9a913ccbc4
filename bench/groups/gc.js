/** gc of ENIs whose pods are gone, and how it grows with their number. */
import { commandsFor, enim } from '../contenders.js';

const ENIS = 128;
const ORPHANS = [16, 128];

/** Nodes with few and with many orphans. */
export const gcGroup = {
  title: 'gc --dry-run --grace 0s (looks twice)',

  async prepare(bench) {
    const contenders = [];
    for (const orphans of ORPHANS) {
      const home = await bench.home({ enis: ENIS });
      await makeOrphans(bench, home, orphans);
      const argv = [bench.enim, 'gc', '--dry-run', '--grace', '0s'];
      contenders.push({ run: async () => ({ [orphans]: (await home.run({ argv, env: home.env })).ms }) });
    }
    const rows = ORPHANS.map((orphans) => ({
      key: String(orphans),
      label: `${ENIS} ENIs, ${orphans} of them orphans`,
      against: null,
    }));
    return { contenders, rows, conclude };
  },
};

/** Does to a veth what the kernel does to a real card as the netns of its pod dies: it comes home under another name. */
async function makeOrphans(bench, home, count) {
  const pods = home.pods(count);
  await home.run(...pods.map((pod, index) => enim(bench.enim, home, `bench/web-${index}`, pod).add));
  const returns = pods.map((pod, index) => {
    const { back } = commandsFor(home, { name: `dev${index}`, addresses: [] }, pod);
    return { argv: ['nsenter', `--net=${pod}`, 'ip', '-batch', '-'], input: `${back[0]}\n` };
  });
  await home.run(...returns);
  for (const pod of pods) home.removePod(pod);
}

function conclude(statistics) {
  const [few, many] = ORPHANS;
  const growth = (statistics[many].median - statistics[few].median) / (many - few);
  return [`it grows by ${growth.toFixed(2)} ms for an orphan (from ${few} to ${many})`];
}
