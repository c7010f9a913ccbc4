/** CPU time and memory of a call, with all processes that it starts. */
import { bareIp, enim, plugin, stockPlugins } from '../contenders.js';
import { metersHere } from '../meters.js';

/** What add, del and list cost the node. */
export const resourcesGroup = {
  title: 'CPU time and peak resident memory of a call (IPv4)',

  async prepare(bench) {
    const home = await bench.home({ enis: 5, managed: 3 });
    const [ours, called, scripted, stock] = home.pods(4);
    const plugins = stockPlugins(home.enis[4], stock);
    const callers = {
      ip: bareIp(home, home.enis[3], scripted),
      enim: {
        ...enim(bench.enim, home, 'bench/web', ours),
        list: { argv: [bench.enim, 'list'], env: home.env },
      },
      cni: plugin(bench.enim, home, 'called', called),
      ...(plugins === undefined ? {} : { plugins }),
    };
    const { meters, notes } = metersHere();
    return {
      contenders: Object.entries(callers).flatMap(([name, calls]) =>
        meters.map((meter) => ({ share: meter.share, run: () => measureCalls(home, name, calls, meter) })),
      ),
      rows: meters.flatMap((meter) => ['add', 'del', 'list'].flatMap((verb) => rowsOf(verb, callers, meter))),
      notes,
    };
  },
};

async function measureCalls(home, caller, calls, meter) {
  const measured = {};
  for (const [verb, job] of Object.entries(calls)) {
    const { stderrs } = await home.run({ ...job, argv: meter.wrap(job.argv) });
    measured[`${verb} ${meter.name} ${caller}`] = meter.read(stderrs[0]);
  }
  return measured;
}

const LABELS = {
  ip: 'ip and nsenter, no more',
  enim: 'enim, the command',
  cni: 'enim, the CNI plugin',
  plugins: 'host-device and static',
};

function rowsOf(verb, callers, { name, unit }) {
  return Object.entries(callers)
    .filter(([, calls]) => verb in calls)
    .map(([caller]) => {
      const against = caller === 'ip' ? {} : { against: verb === 'list' ? null : `${verb} ${name} ip` };
      return { key: `${verb} ${name} ${caller}`, label: `${name} of ${verb}: ${LABELS[caller]}`, unit, ...against };
    });
}
