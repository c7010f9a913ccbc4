import { describe, expect, it } from '@jest/globals';
import type { Observation } from '../../../src/model/observation.js';
import { type Api, beginOperation } from '../../../src/providers/kubernetes/api.js';
import type { ApiResponse } from '../../../src/providers/kubernetes/transport.js';

/** What is observed of an operation whose requests are answered so, one after the other. */
async function observed(
  answers: readonly (number | Error)[],
  work: (api: Api) => Promise<unknown>,
): Promise<Observation[]> {
  const seen: Observation[] = [];
  const left = [...answers];
  const api = beginOperation({
    transport: {
      server: 'https://127.0.0.1',
      certificateEnd: null,
      async send(): Promise<ApiResponse> {
        const answer = left.shift() ?? 200;
        if (answer instanceof Error) throw answer;
        return { status: answer, retryAfter: null, body: '{}' };
      },
    },
    ...{ patience: { total: 5_000, request: 1_000 }, clock: () => new Date(), sleep: async () => undefined },
    reached: () => undefined,
    observe: (observation) => void seen.push(observation),
  });
  await work(api);
  return seen;
}

describe('requests to the API server', () => {
  it('are told of with verb, resource and status, each repetition for itself', async () => {
    const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    const update = { kind: 'request', verb: 'update', resource: 'enis/status', milliseconds: expect.any(Number) };
    const put = (api: Api) => api.putEniStatus({ metadata: { name: 'eni-1' } } as Parameters<Api['putEniStatus']>[0]);
    expect(await observed([503, reset, 409], put)).toEqual([
      { ...update, status: 503 },
      { ...update, status: null },
      { ...update, status: 409 },
    ]);
  });

  it('are told of also where they are sent but once', async () => {
    const evict = (api: Api) => api.postEviction('default', 'web-0', {});
    expect(await observed([429], evict)).toMatchObject([{ verb: 'create', resource: 'pods/eviction', status: 429 }]);
  });
});
