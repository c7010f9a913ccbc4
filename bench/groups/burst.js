/** Many adds, then many dels, at once: against the kernel, which moves one link at a time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { commandsFor, enim, kernel } from '../contenders.js';

const AT_ONCE = 32;
const PAUSE_MS = 200;

/** It takes seconds. */
const SHARE = 6;

/** As many processes as there are pods. */
export const burstGroup = {
  title: `${AT_ONCE} at once, IPv4`,

  async prepare(bench) {
    const home = await bench.home({ enis: 2 * AT_ONCE, managed: AT_ONCE });
    const pods = home.pods(2 * AT_ONCE);
    const ours = pods.slice(0, AT_ONCE).map((pod, index) => enim(bench.enim, home, `bench/web-${index}`, pod));
    const others = home.enis.slice(AT_ONCE).map((eni, index) => ({ eni, pod: pods[AT_ONCE + index] }));
    return {
      contenders: [() => moveAll(home, others), () => addAll(home, ours)].map((run) => ({ share: SHARE, run })),
      rows: [
        { key: 'add kernel', label: `add: one ip -batch of ${AT_ONCE} moves` },
        { key: 'add enim', label: `add: ${AT_ONCE} × enim`, against: 'add kernel' },
        { key: 'del kernel', label: `del: ${AT_ONCE} × the kernel’s own move` },
        { key: 'del enim', label: `del: ${AT_ONCE} × enim`, against: 'del kernel' },
      ],
    };
  },
};

async function moveAll(home, others) {
  const jobs = others.map(({ eni, pod }) => kernel(home, eni, pod));
  const moves = others.flatMap(({ eni, pod }) => commandsFor(home, eni, pod).into);
  const { ms: added } = await home.run({ ...jobs[0].add, input: `${moves.join('\n')}\n` });
  await home.run(...jobs.map(({ setUp }) => setUp));
  await sleep(PAUSE_MS);
  const { ms: deleted } = await home.run(...jobs.map(({ del }) => ({ ...del, warm: 200 })));
  return { 'add kernel': added, 'del kernel': deleted };
}

async function addAll(home, ours) {
  const { ms: added } = await home.run(...ours.map(({ add }) => add));
  await sleep(PAUSE_MS);
  const { ms: deleted } = await home.run(...ours.map(({ del }) => del));
  return { 'add enim': added, 'del enim': deleted };
}
