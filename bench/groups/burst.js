/** Many adds, then many dels, at once: against the kernel, which moves one link at a time, and against the stock plugins. */
import { setTimeout as sleep } from 'node:timers/promises';
import { commandsFor, kernel, NO_PLUGINS, plugin, stockPlugins } from '../contenders.js';

/** How many pods come, and go, at the same moment. */
export const AT_ONCE = 32;
const PAUSE_MS = 200;

/** It takes seconds. */
const SHARE = 3;

/** As many processes as there are pods. */
export const burstGroup = {
  title: `${AT_ONCE} at once, IPv4`,

  async prepare(bench) {
    const home = await bench.home({ enis: 3 * AT_ONCE, managed: AT_ONCE });
    const pods = home.pods(3 * AT_ONCE);
    const each = (first, make) =>
      pods.slice(first, first + AT_ONCE).map((pod, index) => make(pod, home.enis[first + index]));
    const ours = each(0, (pod, { name }) => plugin(bench.enim, home, name, pod));
    const moved = each(AT_ONCE, (pod, eni) => ({ pod, eni }));
    const stock = each(2 * AT_ONCE, (pod, eni) => stockPlugins(eni, pod));
    const hasStock = stock[0] !== undefined;
    const runs = [
      () => moveAll(home, moved),
      () => callAll(home, 'cni', ours),
      ...(hasStock ? [() => callAll(home, 'plugins', stock)] : []),
    ];
    return {
      contenders: runs.map((run) => ({ share: SHARE, run })),
      rows: [
        { key: 'add kernel', label: `add: one ip -batch of ${AT_ONCE} moves` },
        { key: 'add cni', label: `add: ${AT_ONCE} × enim, the CNI plugin`, against: 'add kernel' },
        ...(hasStock
          ? [{ key: 'add plugins', label: `add: ${AT_ONCE} × host-device and static`, against: 'add kernel' }]
          : []),
        { key: 'del kernel', label: `del: ${AT_ONCE} × the kernel’s own move` },
        { key: 'del cni', label: `del: ${AT_ONCE} × enim, the CNI plugin`, against: 'del kernel' },
        ...(hasStock
          ? [{ key: 'del plugins', label: `del: ${AT_ONCE} × host-device and static`, against: 'del kernel' }]
          : []),
      ],
      ...(hasStock ? { conclude } : { notes: [NO_PLUGINS] }),
    };
  },
};

/** The moves alone, in one process. */
export async function moveAll(home, others) {
  const jobs = others.map(({ eni, pod }) => kernel(home, eni, pod));
  const moves = others.flatMap(({ eni, pod }) => commandsFor(home, eni, pod).into);
  const { ms: added } = await home.run({ ...jobs[0].add, input: `${moves.join('\n')}\n` });
  await home.run(...jobs.map(({ setUp }) => setUp));
  await sleep(PAUSE_MS);
  const { ms: deleted } = await home.run(...jobs.map(({ del }) => ({ ...del, warm: 200 })));
  return { 'add kernel': added, 'del kernel': deleted };
}

/** All ADDs, then all DELs. */
export async function callAll(home, name, jobs) {
  const { ms: added } = await home.run(...jobs.map(({ add }) => add));
  await sleep(PAUSE_MS);
  const { ms: deleted } = await home.run(...jobs.map(({ del }) => del));
  return { [`add ${name}`]: added, [`del ${name}`]: deleted };
}

function conclude(statistics) {
  const ratio = (verb) => (statistics[`${verb} cni`].median / statistics[`${verb} plugins`].median).toFixed(2);
  return [
    `${AT_ONCE} ADDs take ${ratio('add')} times, ${AT_ONCE} DELs ${ratio('del')} times as long as with host-device and static`,
  ];
}
