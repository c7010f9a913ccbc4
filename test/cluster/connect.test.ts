import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { connect } from '../../src/cluster/connect.js';
import { inTime } from '../../src/cluster/intime.js';
import type { Connection, Streaming } from '../../src/providers/kubernetes/transport.js';
import { eventually } from '../fabric/poll.js';
import { useTemporaryDirectories } from '../store/temporary.js';

const temporary = useTemporaryDirectories();

function connectAs(user: object, cluster: object = {}): Connection {
  const text = JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'a' },
    clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1', ...cluster } }],
    users: [{ name: 'a', user }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
  });
  return connect({ kubeconfig: '/etc/kubeconfig', env: {}, text });
}

/** Its server is never there. */
function transportAs(user: object): Streaming {
  const connection = connectAs(user);
  if ('fault' in connection) throw new Error(connection.fault);
  return connection.transport;
}

const asking = (command: string, ...args: readonly string[]) => ({
  exec: { apiVersion: 'client.authentication.k8s.io/v1', command, args, interactiveMode: 'Never' },
});

/** Whoever is asked for a token by it takes longer than anybody waits. */
const slow = (): Streaming => transportAs(asking('sleep', '3'));

it.each([
  ['certificate-authority', { 'certificate-authority': '/nowhere/ca.crt' }, { token: 'a' }],
  ['client-key', {}, { 'client-key': '/nowhere/client.key' }],
])('a kubeconfig whose %s is not there is at fault, and no server that does not answer', (key, its, user) => {
  expect(connectAs(user, its)).toEqual({
    fault: expect.stringMatching(`^The kubeconfig /etc/kubeconfig names a ${key} that cannot be read: ENOENT`),
    hint: `mend ${key}`,
  });
});

describe('a program that gives a token', () => {
  const asked = { method: 'GET', path: '/', timeout: 2_000 } as const;
  const counting = (expirationTimestamp?: string) => {
    const file = join(temporary(), 'asked');
    const credential = JSON.stringify({ status: { token: 'a', expirationTimestamp } });
    const user = asking('sh', '-c', `echo "$KUBERNETES_EXEC_INFO" >> ${file}; echo '${credential}'`);
    return { transport: transportAs(user), asked: () => readFileSync(file, 'utf8').trim().split('\n') };
  };

  it('is told what kubectl tells it, and asked again only once its token has ended', async () => {
    const [lasting, ended] = [counting(), counting('2020-01-01T00:00:00Z')];
    for (const { transport } of [lasting, lasting, ended, ended])
      await expect(transport.send(asked)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect([lasting.asked().length, ended.asked().length]).toEqual([1, 2]);
    expect(JSON.parse(lasting.asked()[0] ?? '')).toEqual({
      ...{ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' },
      spec: { interactive: false },
    });
  });
});

const never = new Promise<never>(() => undefined);
const request = { path: '/', timeout: 200, opened: () => undefined, line: () => undefined };

it('a kubeconfig whose user has nothing to be known by is at fault, whatever else it has', () => {
  expect(connectAs({ tokenFile: '/var/run/token' })).toEqual({
    fault: 'The kubeconfig /etc/kubeconfig has nothing by which the API server would know its user "a".',
    hint: expect.stringContaining('"tokenFile" is not read'),
  });
});

it('a kubeconfig whose certificate-authority is no certificate is at fault', () => {
  const garbage = Buffer.from('hello').toString('base64');
  expect(connectAs({ token: 'a' }, { 'certificate-authority-data': garbage })).toEqual({
    fault: expect.stringMatching(
      /^The kubeconfig \/etc\/kubeconfig has a certificate-authority that is no certificate: /,
    ),
    hint: 'mend certificate-authority',
  });
});

it('a token that no header takes is at fault, and no server that does not answer', async () => {
  await expect(transportAs({ token: 'a\nb' }).send({ method: 'GET', path: '/', timeout: 200 })).rejects.toMatchObject({
    code: 'EUNIDENTIFIED',
    message: expect.stringMatching(/its token has characters in it that no token has\.$/),
  });
});

describe('a program that gives no token', () => {
  const shell = (script: string) => asking('sh', '-c', script);

  it.each([
    [
      'is not there',
      asking('/nowhere/aws'),
      /^The program "\/nowhere\/aws", .* cannot be started: it is not there\.$/,
      [],
    ],
    ['may not be run', asking('/etc/passwd'), /cannot be started: EACCES\.$/, []],
    [
      'fails',
      shell('echo no session >&2; exit 3'),
      /^The program "sh", .* failed \(exit code 3\)\.$/,
      ['It says: no session'],
    ],
    ['is killed', shell('kill -9 $$'), /failed \(SIGKILL\)\.$/, []],
    [
      'prints something else',
      shell('echo hello'),
      /answered with neither a token nor a certificate and its key\.$/,
      [],
    ],
    ['prints no token', shell(`echo '{"status":{}}'`), /answered with neither/, []],
    ['prints without an end', shell('exec yes'), /prints without an end, and was killed\.$/, []],
    ['does not answer', asking('sleep', '3'), /gave no answer within 0\.5 s, and was killed\.$/, []],
  ])('and %s is told as such', async (_, user, message, details) => {
    const fault = { code: 'EUNIDENTIFIED', message: expect.stringMatching(message), details };
    const asked = { method: 'GET', path: '/', timeout: 500 } as const;
    await expect(transportAs(user).send(asked)).rejects.toMatchObject(fault);
    const { signal } = new AbortController();
    await expect(transportAs(user).follow({ ...request, timeout: 500 }, signal)).rejects.toMatchObject(fault);
  });

  it('ends with all that it has started once it is no longer waited for', async () => {
    const file = join(temporary(), 'pid');
    const script = `sleep 60 & echo $! > ${file}; wait`;
    await expect(transportAs(shell(script)).send({ method: 'GET', path: '/', timeout: 300 })).rejects.toThrow();
    const pid = Number(readFileSync(file, 'utf8'));
    await eventually(
      'that it has ended',
      () => !existsSync(`/proc/${pid}`) || /\(sleep\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8')),
    );
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
