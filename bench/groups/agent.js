/** Calls of the CNI plugin that an agent carries out: one at a time, and many at once. */
import { startAgent } from '../agent.js';
import { kernel, NO_PLUGINS, plugin, stockPlugins } from '../contenders.js';
import { addAndDel } from './add.js';
import { AT_ONCE, callAll, moveAll } from './burst.js';

/** One takes seconds. */
const SHARE = 3;

const LABELS = {
  kernel: 'the kernel’s own move',
  plugins: 'host-device and static',
  cni: 'enim, the CNI plugin alone',
  agent: 'enim, the CNI plugin through an agent',
};

/** Against the plugin alone, and against the stock plugins. */
export const agentGroup = {
  title: 'through an agent, IPv4',

  async prepare(bench) {
    const alone = await bench.home({ enis: 3, managed: 1 });
    const served = await bench.home({ enis: 1 });
    const [called, moved, stock] = alone.pods(3);
    const [through] = served.pods(1);
    await startAgent(bench.enim, served);
    const plugins = stockPlugins(alone.enis[2], stock);
    const pairs = {
      kernel: [alone, kernel(alone, alone.enis[1], moved)],
      ...(plugins === undefined ? {} : { plugins: [alone, plugins] }),
      cni: [alone, plugin(bench.enim, alone, 'called', called)],
      agent: [served, plugin(bench.enim, served, 'called', through)],
    };
    const against = plugins === undefined ? 'kernel' : 'plugins';
    return {
      contenders: Object.entries(pairs).map(([name, [home, jobs]]) => ({
        share: 1,
        run: () => addAndDel(home, name, jobs),
      })),
      rows: ['add', 'del'].flatMap((verb) =>
        Object.keys(pairs).map((name) => ({
          key: `${verb} ${name}`,
          label: `${verb}: ${LABELS[name]}`,
          ...(name === 'kernel' ? { against: null } : name === against ? {} : { against: `${verb} ${against}` }),
        })),
      ),
      notes: plugins === undefined ? [NO_PLUGINS] : [],
    };
  },
};

/** Against one program that does nothing but the moves. */
export const crowdGroup = {
  title: `${AT_ONCE} at once through an agent, IPv4`,

  async prepare(bench) {
    const home = await bench.home({ enis: 2 * AT_ONCE, managed: AT_ONCE });
    const pods = home.pods(2 * AT_ONCE);
    await startAgent(bench.enim, home);
    const ours = home.enis.slice(0, AT_ONCE).map(({ name }, index) => plugin(bench.enim, home, name, pods[index]));
    const moved = home.enis.slice(AT_ONCE).map((eni, index) => ({ eni, pod: pods[AT_ONCE + index] }));
    return {
      contenders: [
        { share: SHARE, run: () => moveAll(home, moved) },
        { share: SHARE, run: () => callAll(home, 'agent', ours) },
      ],
      rows: [
        { key: 'add kernel', label: `add: one ip -batch of ${AT_ONCE} moves` },
        { key: 'add agent', label: `add: ${AT_ONCE} × enim through an agent`, against: 'add kernel' },
        { key: 'del kernel', label: `del: ${AT_ONCE} × the kernel’s own move` },
        { key: 'del agent', label: `del: ${AT_ONCE} × enim through an agent`, against: 'del kernel' },
      ],
    };
  },
};
