import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { REDACTED, redact, redactFile, redactValue } from '../../src/bundle/redact.js';

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
    ['that is a number, in a list as well', '{"tokens": [31337, {"a": 31338}]}', ['31337', '31338']],
    ['of a database', 'PGPASSWORD=hunter2 MYSQL_PWD=hunter3 dbPassword: hunter4', ['hunter2', 'hunter3', 'hunter4']],
    ['of a key whose words are humps', 'clientSecret=hunter2 secretAccessKey: hunter3', ['hunter2', 'hunter3']],
    ['in a header of another scheme', 'Authorization: Token hunter2 hunter3', ['hunter2', 'hunter3']],
    ['in a header in quotes', `curl -H "authorization: hunter2, a='hunter3'" x`, ['hunter2', 'hunter3']],
    ['in cookies', 'Set-Cookie: sid=hunter2; Path=/; id=hunter3', ['hunter2', 'hunter3']],
    ['that signs a request', 'got bce-auth-v1/hunter2/2026-01-01T00:00:00Z/1800/host/hunter3', ['hunter2', 'hunter3']],
    ['in a line of a journal', 'Jan 02 n1 enim[1]: {"clientSecret":"hunter2 hunter3"}', ['hunter2', 'hunter3']],
    ['before JSON that is all of it', 'token: {"a":"hunter2 hunter3"}', ['hunter2', 'hunter3']],
    ['with a comma in it', 'password=hunter2,hunter3;hunter4&hunter5', ['hunter2', 'hunter3', 'hunter4', 'hunter5']],
    ['with quotes in it', 'x: 1, "password": "hunter2\\"hunter3", y', ['hunter2', 'hunter3']],
    ['that ends with a backslash', '"password": "hunter2\\\\", "token": "hunter3"', ['hunter2', 'hunter3']],
    ['in quotes that do not close', 'x: "password": "hunter2 hunter3', ['hunter2', 'hunter3']],
    ['in a cut off list', '"secrets": [\n  "hunter2",\n  "hunter3"\n], "x": 1', ['hunter2', 'hunter3']],
    [
      'in a block of YAML',
      'a:\n  - password: |-\n      hunter2\n\n      hunter3\n    user: me',
      ['hunter2', 'hunter3'],
    ],
    ['that YAML says the kind of', 'a:\n  token: !!binary hunter2\n  key: 1', ['hunter2']],
    ['in a block that YAML says the kind of', 'token: !!binary |\n  hunter2\n  hunter3\na: 1', ['hunter2', 'hunter3']],
    ['that begins like a kind', 'password: !hunter2 ', ['hunter2']],
    ['in a list of YAML', 'tokens:\n- hunter2\n- hunter3\nuser: me', ['hunter2', 'hunter3']],
    ['that another field names', '{"env":[{"name":"DB_PASSWORD","value":"hunter2"}]}', ['hunter2']],
    ['that another field names in YAML', '- name: DB_PASSWORD\n  value: hunter2', ['hunter2']],
    ['after its flag in a list', '{"args":["--token","hunter2","-password","hunter3"]}', ['hunter2', 'hunter3']],
    ['after its flag in a list that is a line', '["get","--token","hunter2"]', ['hunter2']],
    ['after its flag in a list in a line', "n1 x[1]: exec ['--token', 'hunter2'] failed", ['hunter2']],
    ['after its flag in a list in a text', 'exec: "[\\"--token\\",\\"hunter2\\"]"', ['hunter2']],
    ['in three quotes', 'password = """hunter2 "hunter3" """ x', ['hunter2', 'hunter3']],
    ['in quotes as shells have them', "PASSWORD=$'hunter2 hunter3' x", ['hunter2', 'hunter3']],
    ['after its flag in quotes', "kubectl --client-secret 'hunter2 hunter3' get", ['hunter2', 'hunter3']],
    ['of a label', 'example.com/token: hunter2', ['hunter2']],
    [
      'that is the end of a key whose beginning is cut off',
      'IBAAKCAQEA\nMIIEowIBAAKC\n-----END PRIVATE KEY-----\nx',
      ['IBAAKCAQEA', 'MIIEowIBAAKC'],
    ],
    ['of Baidu’s cloud by its short names', '{"ak":"hunter2"} x: 1, sk=hunter3', ['hunter2', 'hunter3']],
    ['of a key below the key', 'Credentials: accessKey: hunter2 , x', ['hunter2']],
    ['of a registry', '{"auths":{"r.io":{"auth":"hunter2"}}}\n//r.io/:_auth=hunter3', ['hunter2', 'hunter3']],
    ['of a registry in a Secret', '.dockerconfigjson: hunter2', ['hunter2']],
    ['of etcd and of an account', 'etcd_key: hunter2 AccountKey=hunter3', ['hunter2', 'hunter3']],
    ['that many share', 'psk=hunter2 passcode: hunter3', ['hunter2', 'hunter3']],
    ['that signs a URL', 'https://s3/x?X-Amz-Signature=hunter2&x=1', ['hunter2']],
    [
      'that a Secret has',
      '{"kind":"Secret","data":{"a":"hunter2"},"stringData":{"b":"hunter3"}}',
      ['hunter2', 'hunter3'],
    ],
    ['of a database in Go', 'dsn root:hunter2@tcp(10.0.0.1:3306)/db', ['hunter2']],
    ['that curl is given', 'curl -u admin:hunter2 x; curl --user "admin:hunter3" x', ['hunter2', 'hunter3']],
    ['of other services', `AIza${'hunter2'.repeat(5)} hvs.hunter3hunter3`, ['hunter2', 'hunter3']],
    ['in the line after its flag', 'args:\n- --api-key\n- hunter2\n- "--token"\n- "hunter3"', ['hunter2', 'hunter3']],
    ['in the line after its flag in JSON', 'dump:\n  "--token",\n  "hunter2"\n]', ['hunter2']],
    [
      'that is such an end in a journal',
      `n1 enim[1]: ${'MIIEowIBAAKC'.repeat(5)}\nn1 enim[1]: Zm9v\nn1 enim[1]: -----END PRIVATE KEY-----\nx`,
      ['MIIEowIBAAKC', 'Zm9v'],
    ],
    ['that is such an end in one line', 'IBAAKC\\nMIIEow\\n-----END PRIVATE KEY-----\\nx', ['IBAAKC', 'MIIEow']],
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
    ['a flag in quotes', 'the flag "--token" is not known; neither is `--password`.'],
    ['a user and a group', 'docker run -u 1000:1000 x'],
    ['a flag after a flag', 'args:\n- --token\n- --verbose\n'],
    ['a word of prose', 'the token of pod default/web-0 has expired; reason: it is old'],
    ['what is said of a pod', 'kube-system/token-controller-x8zkq: no ENI is free'],
    [
      'a log',
      '{"level":"info","eni":"eni-a","mac":"02:e0:00:00:00:02","reason":"its secret is not there"}\n{"level":"x"}',
    ],
    ['a line before a PEM’s end that can be none of its lines', 'all is well, is it?\n-----END X-----'],
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

it('takes out no more than the secret', () => {
  expect(redact('a=1 password=x b=2 "token": "y z", "c": 3')).toBe(
    `a=1 password=${REDACTED} b=2 "token": "${REDACTED}", "c": 3`,
  );
  expect(redact('a:\n  - password: |-\n      x\n\n      y\n    user: me\n')).toBe(
    `a:\n  - password: |-\n      ${REDACTED}\n    user: me\n`,
  );
  expect(redact('curl -H "Authorization: Token x" https://n1/')).toBe(
    `curl -H "Authorization: ${REDACTED}" https://n1/`,
  );
  expect(redact('Jan 02 n1 enim[1]: {"a":1,"pass":"x"}')).toBe(`Jan 02 n1 enim[1]: {"a":1,"pass":"${REDACTED}"}`);
});

describe('a document of enim’s own', () => {
  const attachment = { network: 'secret-net', owner: 'default/password', eni: { id: 'eni-token', mtu: 9000 } };
  const state = {
    attachments: { 'secret-net/c0/token': attachment },
    allocations: { 'eni-token': { since: 'then', generation: 5 }, password: { eni: 'x' } },
  };

  it('keeps what names sound like, for they are names', () => {
    for (const name of ['state/state.json', 'kernel/netns/1.json', 'provider.json', 'doctor.json'])
      expect(redactFile(name, JSON.stringify(state))).toBe(JSON.stringify(state));
    expect(redactFile('logs/x.log', JSON.stringify(state))).toContain(REDACTED);
  });

  it('has what is a credential by its shape taken out, and what somebody wrote searched', () => {
    const written = {
      reason: 'token=hunter2',
      note: `see ${JWT}`,
      details: ['password: hunter3'],
      texts: [['/x', 'pwd=hunter4']],
    };
    const clean = redactFile('provider.json', JSON.stringify({ 'a-token': { ...written, alias: JWT } }));
    for (const secret of ['hunter', JWT]) expect(clean).not.toContain(secret);
  });

  it('that is damaged is searched like any text', () => {
    expect(redactFile('state/state.json', '{"reason": "token=hunter2')).not.toContain('hunter2');
  });
});

/** Keys that say that their values are secret, as people put them together. */
const secretKeys = fc
  .tuple(
    fc.constantFrom('', 'my', 'db', 'aws', 'x1', 'web_hook'),
    fc.constantFrom(
      'token',
      'password',
      'passwd',
      'pwd',
      'secret',
      'clientSecret',
      'accessToken',
      'secretAccessKey',
      'apiKey',
      'signingKey',
      'clientKeyData',
      'credentials',
    ),
    fc.constantFrom('-', '_', '.', 'hump'),
    fc.boolean(),
  )
  .map(([before, words, joint, isUpper]) => {
    const hump = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
    const parts = [...(before === '' ? [] : [before]), ...words.split(/(?=[A-Z])/)].map((part) => part.toLowerCase());
    const key = joint === 'hump' ? parts.map((part, at) => (at === 0 ? part : hump(part))).join('') : parts.join(joint);
    return isUpper && joint !== 'hump' ? key.toUpperCase() : key;
  });

it('leaves no secret behind, whatever is around it', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9]{12,30}$/).map((text) => `zq${text}`);
  const odd = fc.tuple(secret, fc.stringMatching(/^[ -~]{0,6}$/), secret).map((parts) => parts.join(''));
  fc.assert(
    fc.property(secretKeys, secret, odd, fc.jsonValue(), fc.nat(3), (name, hidden, strange, other, depth) => {
      const expectClean = (text: string): void => {
        const clean = redact(text);
        for (const part of [hidden, strange.slice(0, 14), strange.slice(-12)]) expect(clean).not.toContain(part);
      };
      let document: unknown = { [name]: hidden, other, list: [{ [name]: strange, other }] };
      for (let level = 0; level < depth; level += 1) document = { raw: JSON.stringify(document) };
      const json = JSON.stringify(document);
      expectClean(json);
      expectClean(`n1 enim[1]: ${json}`);
      // Cut off, and so no JSON.
      expectClean(`${json.slice(0, -1)} and so on`);
      expectClean(`${name}=${hidden} ${name}: "${hidden}", --${name} ${hidden}`);
      expectClean(`${name}: |\n  ${strange}\n  ${hidden}\n`);
      expectClean(`- name: ${name}\n  value: ${hidden}\n`);
      expectClean(
        JSON.stringify({ env: [{ name, value: strange }], args: [`--${name}`, hidden, `${name}=${hidden}`] }),
      );
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
  ['token=a ', 'an assignment'],
  ['"token=a ', 'an assignment in quotes'],
  ['"Cookie: a', 'a header in quotes'],
  ['token:[ ', 'a list'],
  ['token:\n', 'a block'],
  ['token: |\n  \n', 'an empty block'],
  ['--token ', 'a flag'],
  ['name: token\n', 'a name'],
  ['Aa', 'a key'],
  ['\\', 'a quote'],
  ['token:\\\\"', 'a quote in a quote'],
  ['AAAA\n-----END X-----\n', 'the end of PEM'],
  ['AAAA\\n', 'a line of PEM'],
  ['{"a":', 'JSON'],
  ['x {', 'JSON'],
])(
  'reads a megabyte of %j, which only begins like %s, in one go',
  (piece) => {
    const text = piece.repeat(2 ** 20 / piece.length);
    expect(redact(`{"a":1}\n${text}`).length).toBeGreaterThan(0);
  },
  20_000,
);

it('finds nothing more the second time', () => {
  const pieces = fc.constantFrom(
    'token',
    'password',
    'a',
    '=',
    ': ',
    ':',
    '"',
    "'",
    '\\',
    ' ',
    '\n',
    '\n  ',
    '- ',
    '|',
    '[',
    '{',
    '}',
    'Cookie',
    '--',
    '$',
    ',',
    'name',
    'value',
    '/',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces, { maxLength: 20 }).map((all) => all.join('')),
      ),
      (text) => {
        expect(redact(redact(text))).toBe(redact(text));
      },
    ),
    { numRuns: 1_000 },
  );
});
