/** The provider over a real API server. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Patience } from '../../src/providers/kubernetes/api.js';
import { createKubernetesProvider } from '../../src/providers/kubernetes/provider.js';
import type { ApiRequest, Streaming } from '../../src/providers/kubernetes/transport.js';
import type { Provider } from '../../src/providers/provider.js';
import { transportOf } from './apiserver.js';
import { NODE } from './objects.js';

interface BenchOptions {
  /** Who asks, and which server. */
  readonly kubeconfig: string;
  /** Directory of the node's state. */
  readonly state: string;
  readonly clock?: () => Date;
  readonly patience?: Patience;
  /** Told of every request before it is sent; what it throws is thrown in its place. */
  readonly before?: (request: ApiRequest) => void | Promise<void>;
  /** Told of every pause before it is made, in milliseconds. */
  readonly paused?: (milliseconds: number) => void;
}

/** Opens the provider, as one more process would. */
export function open({ kubeconfig, state, clock, patience, before, paused }: BenchOptions): Provider {
  const transport = transportOf(kubeconfig);
  const told: Streaming = {
    ...transport,
    async send(request) {
      await before?.(request);
      return transport.send(request);
    },
  };
  return createKubernetesProvider({
    connect: () => ({ transport: told }),
    node: NODE,
    subnets: join(state, 'subnets.json'),
    alone: async (work) => work(),
    clock: clock ?? (() => new Date()),
    sleep: (milliseconds) => {
      paused?.(milliseconds);
      return sleep(milliseconds);
    },
    patience: patience ?? { total: 30_000, request: 10_000 },
  });
}

/** A request as `GET enis`: its verb, and the kind of object with its subresource. */
export function nameOf({ method, path }: ApiRequest): string {
  const parts = (path.split('?')[0] ?? '').split('/');
  const kind = ['enis', 'cceendpoints', 'subnets'].find((each) => parts.includes(each));
  return `${method} ${kind}${parts.at(-1) === 'status' ? '/status' : ''}`;
}
