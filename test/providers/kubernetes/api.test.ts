import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { EnimError } from '../../../src/model/errors.js';
import type { Observation } from '../../../src/model/observation.js';
import { type Api, beginOperation } from '../../../src/providers/kubernetes/api.js';
import type { ApiResponse } from '../../../src/providers/kubernetes/transport.js';
import { enimErrorOf } from '../../model/thrown.js';

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

  describe('that a server denies which may have just been started', () => {
    const get = (api: Api) => api.getPod('default', 'web-0').catch(() => undefined);

    // Whatever is asked beyond that is answered by 200, and would be in the list.
    it.each([
      [
        'are not repeated before it is ready',
        ['pods 403', 'readyz 500', 'pods 404', 'readyz 403', 'pods 403', 'readyz 200', 'pods 200'],
      ],
      ['are asked once more if it became ready in between', ['pods 403', 'readyz 200', 'pods 200']],
      ['are denied if it denies them once more', ['pods 403', 'readyz 200', 'pods 403']],
      ['are repeated after a pause if it is then away', ['pods 404', 'readyz 200', 'pods 503', 'pods 200']],
    ])('%s', async (_, expected) => {
      const seen = await observed(
        expected.map((each) => Number(each.split(' ')[1])),
        get,
      );
      expect(seen.map((each) => (each.kind === 'request' ? `${each.resource} ${each.status}` : each.kind))).toEqual(
        expected,
      );
    });
  });

  describe('whose time is used up by others who write', () => {
    /** The error where an operation has met so many conflicts and gets no answer to what it asks next. */
    const givenUp = (conflicts: number, code: string, request = 1_000): Promise<EnimError> =>
      enimErrorOf(async () => {
        const api = beginOperation({
          transport: {
            server: 'https://127.0.0.1',
            certificateEnd: null,
            async send({ timeout }): Promise<ApiResponse> {
              await sleep(timeout);
              throw Object.assign(new Error(code), { code });
            },
          },
          ...{ patience: { total: 60, request }, clock: () => new Date(), sleep: async () => undefined },
          reached: () => undefined,
        });
        for (let conflict = 0; conflict < conflicts; conflict++) await api.pause('ENI eni-1');
        await api.getEni('eni-1');
      });

    it('are given up for them', async () => {
      expect(await givenUp(2, 'ETIMEDOUT')).toMatchObject({
        code: 'BUSY',
        message: expect.stringMatching(/^ENI eni-1 was changed by others 2 times in 0.06 s/),
      });
    });

    it.each([
      ['nobody has written', 0, 'ETIMEDOUT', 1_000],
      ['the connection fails', 2, 'ECONNREFUSED', 1_000],
      ['the server had all the time that a request has', 2, 'ETIMEDOUT', 10],
    ])('are given up for the server where %s', async (_, conflicts, code, request) => {
      expect(await givenUp(conflicts, code, request)).toMatchObject({ code: 'API_UNREACHABLE' });
    });
  });
});
