import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { REDACTED, redact, redactValue } from '../../src/bundle/redact.js';

const JWT = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50In0.c2lnbmF0dXJl';
const PEM = '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----';

describe('a secret is taken out', () => {
  test.each([
    [
      'of a kubeconfig',
      'users:\n- user:\n    token: abc123def\n    client-key-data: LS0tabc\n',
      ['abc123def', 'LS0tabc'],
    ],
    [
      'of a kubeconfig in JSON',
      '{"users":[{"user":{"token":"abc123def","clientKeyData":"LS0tabc"}}]}',
      ['abc123def', 'LS0tabc'],
    ],
    ['that is a certificate in base64', 'x: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUM=', ['LS0tLS1CRUdJTi']],
    ['that is a service account’s token', `request failed: ${JWT} was refused`, [JWT, 'c2lnbmF0dXJl']],
    ['in a header', 'Authorization: Bearer abcdef0123456789', ['abcdef0123456789']],
    ['that is a key', `{"note": ${JSON.stringify(PEM)}}`, ['MIIEowIBAAKCAQEA']],
    ['that is a key whose end is cut off', '-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA', ['MIIEowIBAAKCAQEA']],
    ['in the URL of a proxy', 'https://user:hunter2@proxy.example:3128/', ['hunter2']],
    ['in an environment', 'DB_PASSWORD=hunter2 PATH=/bin', ['hunter2']],
    ['of a cloud', 'accessKeyId: LTAI5tABCDEFGHIJKLMN, AKIAIOSFODNN7EXAMPLE', ['LTAI5t', 'AKIAIOSF']],
    ['in a line of a log', '{"level":"info"}\n{"message":"x","password":"hunter2"}\n', ['hunter2']],
    ['in a text in a line of a log', '{"level":"info"}\n{"message":"token=hunter2"}\n', ['hunter2']],
    ['in JSON within JSON', JSON.stringify({ raw: JSON.stringify({ password: 'hunter2' }) }), ['hunter2']],
    ['on a command line', 'exec: kubectl --token hunter2 get pods', ['hunter2']],
    ['in a list', '{"secrets": ["hunter2", {"a": "hunter3"}]}', ['hunter2', 'hunter3']],
  ])('%s', (_, text, secrets) => {
    const clean = redact(text);
    for (const secret of secrets) expect(clean).not.toContain(secret);
    expect(clean).toContain(REDACTED);
  });
});

describe('what is no secret stays as it is', () => {
  test.each([
    ['pods and addresses', '{"owner": "default/web-0", "address": "10.0.0.10/24"}'],
    ['a pod whose name sounds like one', '{"owner": "kube-system/token-controller-x8zkq"}'],
    ['an attachment', '{"attachments":{"enim/3f9c1d2a/eth0":{"containerID":"3f9c1d2a","mac":"02:e0:00:00:00:02"}}}'],
    ['a path', '{"kubeconfig": "/etc/kubernetes/kubelet.conf"}'],
    ['a udev rule', 'SUBSYSTEM=="net", ATTR{address}=="02:e0:00:00:00:02", NAME="eni0"\n'],
    ['a URL without a password', 'https://10.0.0.1:6443/api'],
  ])('%s', (_, text) => {
    expect(redact(text)).toBe(text);
  });
});

it('keeps JSON as JSON, and whatever has nothing to hide as it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(redact(JSON.stringify({ value })))).toEqual(
        JSON.parse(JSON.stringify({ value: redactValue(value) })),
      );
    }),
  );
});

it('leaves no secret behind, whatever is around it', () => {
  const key = fc.constantFrom(
    'token',
    'password',
    'clientKeyData',
    'client-key-data',
    'api_key',
    'secret',
    'SECRET_TOKEN',
  );
  const secret = fc.stringMatching(/^[A-Za-z0-9]{12,30}$/).map((text) => `zq${text}`);
  fc.assert(
    fc.property(key, secret, fc.jsonValue(), fc.boolean(), (name, hidden, other, isDeep) => {
      const document = isDeep ? { a: [{ [name]: hidden, other }] } : { [name]: hidden, other };
      expect(redact(JSON.stringify(document))).not.toContain(hidden);
      expect(redact(`${name}=${hidden} ${name}: "${hidden}"`)).not.toContain(hidden);
    }),
  );
});

it.each([
  ['a.', 'an URL'],
  ['eyJ-', 'a token'],
  ['token ', 'a key'],
  ['token:"', 'a value'],
  ['-----BEGIN X-----', 'PEM'],
  ['x://a', 'a password'],
])(
  'reads a megabyte of %j, which only begins like %s, in one go',
  (piece) => {
    const text = piece.repeat(2 ** 20 / piece.length);
    expect(redact(`{"a":1}\n${text}`).length).toBeGreaterThan(0);
  },
  20_000,
);

it('finds nothing more the second time', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(redact(redact(text))).toBe(redact(text));
    }),
  );
});
