import { describe, expect, it } from '@jest/globals';
import { connect } from '../../src/cluster/connect.js';
import { type AccountSource, readAccount } from '../../src/install/account.js';
import { isOurKubeconfig, kubeconfigText } from '../../src/install/kubeconfig.js';
import { enimErrorOf } from '../model/thrown.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const HOUR = NOW.getTime() / 1_000 + 3_600;
const MOUNTED = '/var/run/secrets/kubernetes.io/serviceaccount';
const ENV = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
/** Of an authority that nobody has. */
const CA = `-----BEGIN CERTIFICATE-----
MIIBdDCCARugAwIBAgIUOzZODFLQHCX5wT2R16aYZ4R/fdQwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjQxNjQ1MTBaGA8yMTI2MTAzMTE2NDUx
MFowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABE/t
L0jDB2qjpsL2/GtDO2w1QqbFGFa51HE8u86LahWeTHK3IqIvm/dOtFOOZuu2QWyC
2x5dkFNdEv/imDq0pByjUzBRMB0GA1UdDgQWBBSRMkH8nPWQeIIkZQCu7fFkpi1A
9zAfBgNVHSMEGDAWgBSRMkH8nPWQeIIkZQCu7fFkpi1A9zAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0cAMEQCHzJrVZkJAvSTLjTKN3mS/LRTvsL/PWLnAC0g
ERU5VLICIQDC3/W/SOYMfokrU10DNM8LZ0OTO3fwfT8KAdB5kzr3eg==
-----END CERTIFICATE-----
`;

const tokenWith = (claims: unknown): string =>
  ['{"alg":"RS256"}', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
const TOKEN = tokenWith({
  ...{ exp: HOUR, sub: 'system:serviceaccount:kube-system:enim' },
  'kubernetes.io': { pod: { name: 'enim-x7k2p' } },
});
const READ = { account: 'kube-system/enim', pod: 'enim-x7k2p', expires: '2026-01-01T01:00:00.000Z' };

/** The account that is read from these files, which are those of a pod unless told. */
function read(
  changes: Readonly<Record<string, string | undefined>> = {},
  source: Partial<AccountSource> = {},
  env: NodeJS.ProcessEnv = ENV,
) {
  const content: Readonly<Record<string, string | undefined>> = {
    [`${MOUNTED}/token`]: `${TOKEN}\n`,
    [`${MOUNTED}/ca.crt`]: CA,
    ...changes,
  };
  const files = {
    read: (path: string) => (content[path] === undefined ? undefined : Buffer.from(content[path])),
  };
  return readAccount(files, { directory: null, server: null, ...source }, env, NOW);
}

describe('the service account', () => {
  it('is read where the kubelet mounts it, with whom it is for and when it ends', () => {
    expect(read()).toEqual({ server: 'https://10.0.0.1:443', ca: CA, token: TOKEN, ...READ });
  });

  it('is read elsewhere if told, and for another server', () => {
    const files = { '/other/token': TOKEN, '/other/ca.crt': CA };
    expect(read(files, { directory: '/other', server: 'https://api:6443' }, {})).toMatchObject({
      ...{ server: 'https://api:6443', token: TOKEN },
    });
  });

  it('has a server by an IPv6 address as well', () => {
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    expect(read({}, {}, env).server).toBe('https://[fd00::1]:443');
  });

  it('may have a token without an end or a pod', () => {
    const token = tokenWith({ sub: 'system:serviceaccount:kube-system:enim' });
    expect(read({ [`${MOUNTED}/token`]: token })).toMatchObject({ ...READ, pod: null, expires: null });
  });

  it.each<[string, Parameters<typeof read>, string, string]>([
    ['that is not mounted', [{ [`${MOUNTED}/token`]: undefined }], 'NOT_THERE', `There is no ${MOUNTED}/token.`],
    ['without an authority', [{ [`${MOUNTED}/ca.crt`]: undefined }], 'NOT_THERE', `There is no ${MOUNTED}/ca.crt.`],
    ['outside of a pod', [{}, {}, {}], 'INVALID_ARGUMENT', 'KUBERNETES_SERVICE_HOST is not set'],
    ['without a port', [{}, {}, { KUBERNETES_SERVICE_HOST: 'a' }], 'INVALID_ARGUMENT', 'KUBERNETES_SERVICE_PORT is'],
    ['for a server without TLS', [{}, { server: 'http://api' }], 'INVALID_ARGUMENT', '"http://api"'],
    ['whose token is none', [{ [`${MOUNTED}/token`]: 'a.b.c' }], 'INVALID_ARGUMENT', 'no token of a service account'],
    [
      'whose token has ended',
      [{ [`${MOUNTED}/token`]: tokenWith({ exp: HOUR - 7_200 }) }],
      'INVALID_ARGUMENT',
      'ended at 2025-12-31T23:00:00.000Z',
    ],
    ['whose authority is none', [{ [`${MOUNTED}/ca.crt`]: 'PEM' }], 'INVALID_ARGUMENT', 'ca.crt has no certificate'],
  ])('%s is refused', async (_, args, code, message) => {
    const error = await enimErrorOf(() => read(...args));
    expect(error).toMatchObject({ code, message: expect.stringContaining(message), hint: expect.any(String) });
    expect(error.message).not.toContain(TOKEN);
  });
});

describe('the kubeconfig of the plugin', () => {
  it('is one that Kubernetes’ own client reads', () => {
    const text = kubeconfigText({ server: 'https://10.0.0.1:443', ca: CA, token: TOKEN });
    expect(connect({ kubeconfig: '/not/written/yet', env: {}, text })).toMatchObject({
      transport: { server: 'https://10.0.0.1:443', certificateEnd: null },
    });
  });

  it('is told from those of others', () => {
    const text = kubeconfigText({ server: 'https://10.0.0.1:443', ca: CA, token: TOKEN });
    expect([isOurKubeconfig(text), isOurKubeconfig(text.replace(/^#.*\n/, ''))]).toEqual([true, false]);
  });
});
