import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { connect } from '../../src/cluster/connect.js';
import { inTime } from '../../src/cluster/intime.js';
import type { Streaming } from '../../src/providers/kubernetes/transport.js';

const SLOW_S = 1;

/** Whoever is asked for a token by it takes longer than anybody waits. */
function slow(): Streaming {
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'sleep',
    args: [String(SLOW_S)],
    interactiveMode: 'Never',
  };
  const text = JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'a' },
    clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'a', user: { exec } }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
  });
  const connection = connect({ kubeconfig: '/nowhere', env: {}, text });
  if ('fault' in connection) throw new Error(connection.fault);
  return connection.transport;
}

it.each([
  ['certificate-authority', { 'certificate-authority': '/nowhere/ca.crt' }, { token: 'a' }],
  ['client-key', {}, { 'client-key': '/nowhere/client.key' }],
])('a kubeconfig whose %s is not there is at fault, and no server that does not answer', (key, its, user) => {
  const text = JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'a' },
    clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1', ...its } }],
    users: [{ name: 'a', user }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
  });
  expect(connect({ kubeconfig: '/etc/kubeconfig', env: {}, text })).toEqual({
    fault: expect.stringMatching(`^The kubeconfig /etc/kubeconfig names a ${key} that cannot be read: ENOENT`),
    hint: `mend ${key}`,
  });
});

const never = new Promise<never>(() => undefined);
const request = { path: '/', timeout: 200, opened: () => undefined, line: () => undefined };

describe('a program that gives no token', () => {
  // Those that nobody waits for any more end by themselves, and a worker of the tests ends only after them.
  afterAll(() => wait(SLOW_S * 1_000));

  it('is waited for no longer than the request may take', async () => {
    await expect(slow().send({ method: 'GET', path: '/', timeout: 200 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await expect(slow().follow(request, new AbortController().signal)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  it('is not waited for once nobody wants it', async () => {
    const signal = AbortSignal.timeout(100);
    const patient = { timeout: 60_000 };
    await expect(slow().send({ method: 'GET', path: '/', ...patient, signal })).rejects.toMatchObject({
      code: 'ABORT_ERR',
    });
    expect(await slow().follow({ ...request, ...patient }, AbortSignal.timeout(100))).toBeNull();
  });
});

describe('inTime', () => {
  it('is what the work comes to, good or bad', async () => {
    expect(await inTime(Promise.resolve(7), 1_000)).toBe(7);
    await expect(inTime(Promise.reject(new Error('no')), 1_000)).rejects.toThrow('no');
  });

  it('does not begin to wait where it is over already', async () => {
    await expect(inTime(never, 60_000, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORT_ERR' });
  });
});
