/** add and del of one ENI, against the least that has to be done for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { bareIp, enim, kernel, NO_PLUGINS, plugin, stockPlugins } from '../contenders.js';

/** Before each call, for the kernel to finish what it does after a link went up or came home. */
const PAUSE_MS = 30;

/**
 * And up to so much more, by chance. The kernel waits for its ticks before a NIC is moved, 4 of 4 ms here: whoever began each time at the
 * same moment between two of them would gain 4 ms by being 0.1 ms faster, or nothing by 3 ms.
 */
const SPREAD_MS = 12;

/** The stock plugins wait a second or two for IPv6's duplicate address detection. */
const SLOW_SHARE = 5;

/** @param families address families of the ENIs: 4, 6 */
export function addGroup(families) {
  return {
    title: `add and del, ${families.length === 1 ? 'IPv4' : 'IPv4 and IPv6'}`,

    async prepare(bench) {
      const home = await bench.home({ enis: 6, families, managed: 3 });
      const [ours, called, moved, scripted, stock] = home.pods(5);
      const [, , , first, second, third] = home.enis;
      const plugins = stockPlugins(third, stock);
      const pairs = {
        kernel: kernel(home, first, moved),
        ip: bareIp(home, second, scripted),
        enim: enim(bench.enim, home, 'bench/web', ours),
        cni: plugin(bench.enim, home, 'called', called),
        ...(plugins === undefined ? {} : { plugins }),
      };
      return {
        contenders: Object.entries(pairs).map(([name, jobs]) => ({
          share: name === 'plugins' && families.includes(6) ? SLOW_SHARE : 1,
          run: () => addAndDel(home, name, jobs),
        })),
        rows: ['add', 'del'].flatMap((verb) => rowsOf(verb, pairs)),
        ...(plugins === undefined ? { notes: [NO_PLUGINS] } : { conclude }),
      };
    },
  };
}

const LABELS = {
  kernel: 'the kernel’s own move',
  ip: 'ip and nsenter, no more',
  enim: 'enim, the command',
  cni: 'enim, the CNI plugin',
  plugins: 'host-device and static',
};

function rowsOf(verb, pairs) {
  return Object.keys(pairs).map((name) => ({
    key: `${verb} ${name}`,
    label: `${verb}: ${LABELS[name]}`,
    ...(name === 'kernel' ? {} : { against: `${verb} kernel` }),
  }));
}

/** What a container runtime would notice. */
function conclude(statistics) {
  const ratio = (verb) => (statistics[`${verb} cni`].median / statistics[`${verb} plugins`].median).toFixed(2);
  return [`as a CNI plugin: ADD ${ratio('add')} times, DEL ${ratio('del')} times host-device and static`];
}

/** One pair, with a pause before each of the two. */
export async function addAndDel(home, name, { add, setUp, del }) {
  await pause();
  const { ms: added } = await home.run(add);
  if (setUp !== undefined) await home.run(setUp);
  await pause();
  const { ms: deleted } = await home.run(del);
  return { [`add ${name}`]: added, [`del ${name}`]: deleted };
}

function pause() {
  return sleep(PAUSE_MS + Math.random() * SPREAD_MS);
}
