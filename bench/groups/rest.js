/** What an agent costs its node while nothing happens, and what it keeps after much has. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAgent } from '../agent.js';
import { NO_API_SERVER, startApiServer } from '../apiserver.js';
import { plugin } from '../contenders.js';
import { clusterHome } from './kubernetes.js';

/** What is watched for, in milliseconds; one is enough. */
const REST_MS = 60_000;

/** Until an agent that has just been started has made all NICs ready, and is at rest. */
const SETTLE_MS = 40_000;

/** Until one that has just been started has seen all ENIs. */
const FRESH_MS = 20_000;
const SHARE = 30;

const EVENTS = 10_000;

/** Ticks of /proc/PID/stat in a second. */
const TICKS = 100;

const ROWS = [
  ['fresh', 'memory before the first pod (goal ≤ 120)', 'MiB'],
  ['memory', 'memory, once each ENI was in a pod', 'MiB'],
  ['cpu', 'CPU (goal ≤ 0.5)', '%'],
];

const CLUSTER_ROWS = [
  ['asked', 'requests, those that begin a watch among them', ''],
  ['grown', `memory after ${EVENTS} events more than before`, 'MiB'],
];

/** A group of its own, as the next: an agent also looks into the netns of another one's pods, and what that costs is not its own. */
export const restGroup = {
  title: `an agent with 256 ENIs of the static provider, at rest for ${REST_MS / 1_000} s`,

  async prepare(bench) {
    const agent = await startUsed(bench, await bench.home({ enis: 256 }));
    return { contenders: [{ share: SHARE, run: once(() => rest(agent)) }], rows: ROWS.map(rowOf) };
  },
};

export const clusterGroup = {
  // A node gives numbers to no more.
  title: `an agent with 253 ENIs of an API server of this machine, at rest for ${REST_MS / 1_000} s`,

  async prepare(bench) {
    if (NO_API_SERVER !== undefined) return { contenders: [], rows: [], notes: [NO_API_SERVER] };
    const home = await bench.home({ enis: 253, managed: 0 });
    const api = await startApiServer(home, bench.directory, home.enis);
    const agent = await startUsed(bench, { ...home, ...clusterHome(home, api.settings) });
    return {
      contenders: [
        { share: SHARE, run: once(() => rest(agent)) },
        { share: SHARE, run: once(() => busy(api, agent)) },
      ],
      rows: [...ROWS, ...CLUSTER_ROWS].map(rowOf),
      stop: () => api.stop(),
    };
  },
};

function rowOf([key, label, unit]) {
  return { key, label, unit, against: null };
}

/** How many pods come at once, so that every ENI has been in one before it is watched. */
const PODS = 32;

/**
 * As on a node that has been at work for some time. Of a NIC that never was in a pod nothing tells that it is at home, and for a veth that
 * stands in for one that means a look into every netns of the machine, in every round.
 */
async function startUsed(bench, home) {
  const pid = await startAgent(bench.enim, home);
  const fresh = await sleep(FRESH_MS, pid).then(memoryOf);
  const pods = home.pods(PODS);
  for (let used = 0; used < home.enis.length; used += PODS) {
    const coming = pods.slice(0, home.enis.length - used);
    const calls = coming.map((pod, index) => plugin(bench.enim, home, `pod-${used + index}`, pod));
    await home.run(...calls.map(({ add }) => add));
    await home.run(...calls.map(({ del }) => del));
  }
  return { home, pid, fresh };
}

async function rest({ home, pid, fresh }) {
  await sleep(SETTLE_MS);
  // A scrape, by which the requests are told, is no rest.
  const asked = await askedOf(home);
  const used = cpuOf(pid);
  await sleep(REST_MS);
  const [cpu, memory] = [((cpuOf(pid) - used) / (REST_MS / 1_000)) * 100, memoryOf(pid)];
  return { fresh, memory, cpu, asked: (await askedOf(home)) - asked };
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

/** In seconds. */
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
