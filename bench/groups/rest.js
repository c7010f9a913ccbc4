/** What an agent costs its node while nothing happens, and what it keeps after much has. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAgent } from '../agent.js';
import { NO_API_SERVER, startApiServer } from '../apiserver.js';
import { plugin } from '../contenders.js';
import { clusterHome } from './kubernetes.js';

/** A node gives numbers to no more than 253 ENIs of a cluster. */
const ENIS = { static: 256, kubernetes: 253 };

/** What is watched for, in milliseconds; one is enough. */
const REST_MS = 60_000;

/** Until an agent that has just been started has made all NICs ready, and is at rest. */
const SETTLE_MS = 40_000;

/** Until one that has just been started has seen all ENIs. */
const FRESH_MS = 20_000;
const SHARE = 30;

const EVENTS = 10_000;

const GOALS = { memory: '≤ 120', cpu: '≤ 0.5' };

const LABELS = {
  static: `static provider, ${ENIS.static} ENIs`,
  kubernetes: `kubernetes provider, ${ENIS.kubernetes} ENIs`,
};

/** Ticks of /proc/PID/stat in a second. */
const TICKS = 100;

export const restGroup = {
  title: `an agent at rest, for ${REST_MS / 1_000} s`,

  async prepare(bench) {
    const agents = { static: await agentOf(bench, ENIS.static) };
    const api = NO_API_SERVER === undefined ? await addCluster(bench, agents) : undefined;
    const names = Object.keys(agents);
    const rows = names.flatMap((name) => [
      {
        ...{
          key: `memory ${name} fresh`,
          label: `memory (goal ${GOALS.memory}): ${LABELS[name]}, before the first pod`,
        },
        ...{ unit: 'MiB', against: null },
      },
      { key: `memory ${name}`, label: `memory: ${LABELS[name]}, once each was in a pod`, unit: 'MiB', against: null },
      { key: `cpu ${name}`, label: `CPU (goal ${GOALS.cpu}): ${LABELS[name]}`, unit: '%', against: null },
    ]);
    return {
      contenders: [
        { share: SHARE, run: once(() => rest(agents)) },
        ...(api === undefined ? [] : [{ share: SHARE, run: once(() => busy(api, agents.kubernetes)) }]),
      ],
      rows: [
        ...rows,
        ...(api === undefined
          ? []
          : [
              { key: 'asked', label: 'requests, those that begin a watch among them', unit: '', against: null },
              { key: 'grown', label: `memory after ${EVENTS} events more than before`, unit: 'MiB', against: null },
            ]),
      ],
      notes: NO_API_SERVER === undefined ? [] : [`kubernetes ${NO_API_SERVER}`],
      stop: () => api?.stop(),
    };
  },
};

/** How many pods come at once, so that every ENI has been in one before it is watched. */
const PODS = 32;

async function agentOf(bench, enis) {
  const home = await bench.home({ enis });
  return usedOnce(bench, { home, pid: await startAgent(bench.enim, home) });
}

/**
 * As on a node that has been at work for some time. Of a NIC that never was in a pod nothing tells that it is at home, and for a veth that
 * stands in for one that means a look into every netns of the machine, in every round.
 */
async function usedOnce(bench, agent) {
  const { home, pid } = agent;
  const fresh = await sleep(FRESH_MS, pid).then(memoryOf);
  const pods = home.pods(PODS);
  for (let used = 0; used < home.enis.length; used += PODS) {
    const coming = pods.slice(0, home.enis.length - used);
    const calls = coming.map((pod, index) => plugin(bench.enim, home, `pod-${used + index}`, pod));
    await home.run(...calls.map(({ add }) => add));
    await home.run(...calls.map(({ del }) => del));
  }
  return { ...agent, fresh };
}

async function addCluster(bench, agents) {
  const home = await bench.home({ enis: ENIS.kubernetes, managed: 0 });
  const api = await startApiServer(home, bench.directory, home.enis);
  const served = { ...home, ...clusterHome(home, api.settings) };
  agents.kubernetes = await usedOnce(bench, { home: served, pid: await startAgent(bench.enim, served) });
  return api;
}

async function rest(agents) {
  const all = Object.values(agents);
  await sleep(SETTLE_MS);
  const askedBefore = await Promise.all(all.map(({ home }) => askedOf(home)));
  const before = all.map(look);
  await sleep(REST_MS);
  const after = all.map(look);
  const askedAfter = await Promise.all(all.map(({ home }) => askedOf(home)));
  return Object.fromEntries(
    Object.keys(agents).flatMap((name, index) => [
      [`memory ${name} fresh`, all[index].fresh],
      [`memory ${name}`, after[index].memory],
      [`cpu ${name}`, ((after[index].cpu - before[index].cpu) / (REST_MS / 1_000)) * 100],
      ...(name === 'kubernetes' ? [['asked', askedAfter[index] - askedBefore[index]]] : []),
    ]),
  );
}

/** It takes a minute, and needs no practice. */
function once(work) {
  let result;
  return () => {
    result ??= work();
    return result;
  };
}

async function busy(api, { pid }) {
  const before = memoryOf(pid);
  await api.change(EVENTS);
  await sleep(REST_MS / 10);
  return { grown: memoryOf(pid) - before };
}

/** CPU in seconds. A scrape, by which the requests are told, is no rest. */
function look({ pid }) {
  return { cpu: cpuOf(pid), memory: memoryOf(pid) };
}

function cpuOf(pid) {
  // The name of the program may have spaces in it.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** In MiB. */
function memoryOf(pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1_024;
}

const FETCH = 'exec 3<>/dev/tcp/127.0.0.1/9810; printf "GET /metrics HTTP/1.0\\r\\n\\r\\n" >&3; cat <&3 >&2';

async function askedOf(home) {
  const { stderrs } = await home.run({ argv: ['bash', '-c', FETCH], env: {} });
  return [...stderrs[0].matchAll(/^enim_api_requests_total\{.*\} (\d+)$/gm)].reduce(
    (sum, [, each]) => sum + Number(each),
    0,
  );
}
