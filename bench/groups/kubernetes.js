/** The CNI plugin with the kubernetes provider on a real API server, against itself with the static provider. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NO_API_SERVER, startApiServer } from '../apiserver.js';
import { plugin } from '../contenders.js';
import { metersHere } from '../meters.js';

/** Between add and del, for the kernel to finish what it does after a link went up. */
const PAUSE_MS = 30;

const LABELS = { static: 'static provider', kubernetes: 'kubernetes provider' };

/** Each call is a process of its own, with a connection of its own. */
export const kubernetesGroup = {
  title: 'ADD and DEL of the CNI plugin on an API server of this machine (IPv4)',

  async prepare(bench) {
    if (NO_API_SERVER !== undefined) return { contenders: [], rows: [], notes: [NO_API_SERVER] };
    const home = await bench.home({ enis: 2, managed: 1 });
    const api = await startApiServer(home, bench.directory, home.enis.slice(1));
    const [first, second] = home.pods(2);
    const callers = {
      static: plugin(bench.enim, home, 'static', first),
      kubernetes: plugin(bench.enim, clusterHome(home, api.settings), 'cluster', second),
    };
    const { meters, notes } = metersHere();
    return {
      contenders: Object.entries(callers).flatMap(([name, calls]) => [
        { run: () => addAndDel(home, name, calls) },
        { share: COUNT_SHARE, run: () => countRequests(home, name, calls) },
        ...meters.map((meter) => ({ share: meter.share, run: () => measureCalls(home, name, calls, meter) })),
      ]),
      rows: [
        ...rowsFor('ms', 'ms'),
        ...meters.flatMap(({ name, unit }) => rowsFor(name, unit)),
        ...['reads', 'writes'].flatMap((what) =>
          ['ADD', 'DEL'].map((verb) => ({
            key: `${verb} ${what} kubernetes`,
            label: `requests of ${verb} that are ${what}`,
            ...{ unit: '', against: null },
          })),
        ),
      ],
      notes: [...notes, 'the API server does not wait for its disk (etcd --unsafe-no-fsync), and is no network away'],
      stop: () => api.stop(),
    };
  },
};

/** Hardly differs from call to call. */
const COUNT_SHARE = 5;

/** The same home with settings and state of its own. */
export function clusterHome(home, settings) {
  const config = home.write('cluster.json', [JSON.stringify(settings)]);
  const own = (name) => join(config, '..', `cluster-${name}`);
  return { env: { ...home.env, ENIM_CONFIG: config, ENIM_STATE_DIR: own('state'), ENIM_RUN_DIR: own('run') } };
}

function rowsFor(measure, unit) {
  return ['ADD', 'DEL'].flatMap((verb) =>
    Object.entries(LABELS).map(([name, label]) => ({
      key: `${verb} ${measure} ${name}`,
      label: `${measure === 'ms' ? '' : `${measure} of `}${verb}: ${label}`,
      unit,
      ...(name === 'static' ? {} : { against: `${verb} ${measure} static` }),
    })),
  );
}

async function addAndDel(home, name, { add, del }) {
  const { ms: added } = await home.run(add);
  await sleep(PAUSE_MS);
  const { ms: deleted } = await home.run(del);
  return { [`ADD ms ${name}`]: added, [`DEL ms ${name}`]: deleted };
}

async function measureCalls(home, name, { add, del }, meter) {
  const measured = {};
  for (const [verb, job] of [
    ['ADD', add],
    ['DEL', del],
  ]) {
    const { stderrs } = await home.run({ ...job, argv: meter.wrap(job.argv) });
    measured[`${verb} ${meter.name} ${name}`] = meter.read(stderrs[0]);
  }
  return measured;
}

/** As the executable says itself, where it can be killed before each. */
async function countRequests(home, name, { add, del }) {
  const counted = {};
  for (const [verb, job] of [
    ['ADD', add],
    ['DEL', del],
  ]) {
    const { stderrs } = await home.run({ ...job, env: { ...job.env, ENIM_FAILPOINT: 'trace' } });
    const methods = [...stderrs[0].matchAll(/: ask the API server: (\w+)/g)].map(([, method]) => method);
    const reads = methods.filter((method) => method === 'GET').length;
    counted[`${verb} reads ${name}`] = reads;
    counted[`${verb} writes ${name}`] = methods.length - reads;
  }
  return counted;
}
