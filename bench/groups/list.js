/** list, cold, against `ip` that lists the same links; and how it grows. */
import { enim } from '../contenders.js';

const SIZES = [3, 64, 256];
const AWAY = 32;

/** Nodes of several sizes with all ENIs at home, and one with ENIs in pods. */
export const listGroup = {
  title: 'list',

  async prepare(bench) {
    const cases = [];
    for (const size of SIZES) {
      cases.push({ key: String(size), label: `${size} ENIs, all at home`, home: await bench.home({ enis: size }) });
    }
    const home = await bench.home({ enis: 64 });
    const adds = home.pods(AWAY).map((pod, index) => enim(bench.enim, home, `bench/web-${index}`, pod).add);
    await home.run(...adds);
    cases.push({ key: 'away', label: `64 ENIs, ${AWAY} of them in pods`, home });
    return {
      contenders: cases.map((each) => ({ run: () => measure(bench, each) })),
      rows: cases.flatMap(rowsOf),
      conclude,
    };
  },
};

async function measure(bench, { key, home }) {
  return {
    [`ip ${key}`]: (await home.run({ argv: ['ip', '-j', '-d', 'address', 'show'] })).ms,
    [`enim ${key}`]: (await home.run({ argv: [bench.enim, 'list'], env: home.env })).ms,
  };
}

function rowsOf({ key, label }) {
  return [
    { key: `ip ${key}`, label: `${label}: ip address show` },
    { key: `enim ${key}`, label: `${label}: enim list`, against: `ip ${key}` },
  ];
}

function conclude(statistics) {
  const ms = (key) => statistics[`enim ${key}`].median;
  const [least, , most] = SIZES;
  return [
    `it grows by ${((ms(most) - ms(least)) / (most - least)).toFixed(2)} ms for an ENI at home (from ${least} to ${most})`,
    `and by ${((ms('away') - ms('64')) / AWAY).toFixed(2)} ms for an ENI in a pod (from 0 to ${AWAY} of 64)`,
  ];
}
