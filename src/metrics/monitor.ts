/** The agent's monitor: it counts what the agent tells it, and answers Prometheus and kubelet over HTTP. */
import { Gauge, Registry } from 'prom-client';
import { hostPort } from '../model/address.js';
import type { ListenAddress } from './address.js';
import { registryOf } from './exposition.js';
import { type Page, serveHttp } from './http.js';
import { type BuildInfo, nodeMetrics } from './node.js';
import type { Faults, Monitor } from './watch.js';
import { countProcess, countWork } from './work.js';

interface MonitorSettings {
  readonly address: ListenAddress;
  readonly build: BuildInfo;
  readonly clock: () => Date;
}

export function createMonitor({ address, build, clock }: MonitorSettings): Monitor {
  const counted = new Registry();
  countProcess(counted);
  return {
    observe: countWork(counted, clock),
    async open({ alive, ready, gcEvery, syncEvery, measure }) {
      showInterval(counted, 'gc', gcEvery);
      showInterval(counted, 'sync', syncEvery);
      const { port, close } = await serveHttp(address, {
        '/metrics': async () => {
          const seen = registryOf(nodeMetrics(await measure(), build));
          return { status: 200, type: counted.contentType, text: await Registry.merge([seen, counted]).metrics() };
        },
        '/healthz': () => verdict(alive()),
        '/readyz': async () => verdict(await ready()),
      });
      return { at: `http://${hostPort(address.host, port)}/metrics`, close };
    },
  };
}

function showInterval(registry: Registry, work: string, every: () => number): void {
  new Gauge({
    ...{ name: `enim_agent_${work}_interval_seconds`, registers: [registry] },
    help: `Time between two rounds of the agent’s ${work}; 0 is never.`,
    collect() {
      this.set(every() / 1_000);
    },
  });
}

function verdict(faults: Faults): Page {
  const lines = Object.entries(faults).map(([what, fault]) => `${what}: ${fault}\n`);
  return { status: lines.length === 0 ? 200 : 503, type: 'text/plain; charset=utf-8', text: lines.join('') || 'ok\n' };
}
