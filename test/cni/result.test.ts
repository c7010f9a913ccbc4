import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chain, formatResult, parseResult, type Result } from '../../src/cni/result.js';
import { type CniVersion, isAtLeast, SUPPORTED_VERSIONS } from '../../src/cni/version.js';
import { macOf } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';

const RESULT: Result = {
  interfaces: [
    { name: 'eth0', mac: macOf(1), mtu: 9000, sandbox: '/run/netns/web-0', pciID: '0000:00:05.0' },
    { name: 'tap0', socketPath: '/run/x.sock' },
  ],
  ips: [
    { address: '10.0.0.10/24', gateway: '10.0.0.1', interface: 0 },
    { address: 'fd00::10/64', interface: 0 },
  ],
  routes: [
    { dst: '0.0.0.0/0', gw: '10.0.0.1' },
    { dst: 'fd01::/64', mtu: 1400, priority: 7, table: 3 },
  ],
  dns: { nameservers: ['10.0.0.2'], search: ['example.org'] },
};
const NOTHING: Result = { interfaces: [], ips: [], routes: [], dns: null };

/** Keys that the specification has in a version, by where they stand. */
function keysOf(version: CniVersion): Readonly<Record<'result' | 'interfaces' | 'ips' | 'routes' | 'dns', string[]>> {
  const is110 = version === '1.1.0';
  return {
    result: ['cniVersion', 'interfaces', 'ips', 'routes', 'dns'],
    interfaces: ['name', 'mac', 'sandbox', ...(is110 ? ['mtu', 'socketPath', 'pciID'] : [])],
    ips: ['address', 'gateway', 'interface', ...(isAtLeast(version, '1.0.0') ? [] : ['version'])],
    routes: ['dst', 'gw', ...(is110 ? ['mtu', 'advmss', 'priority', 'table', 'scope'] : [])],
    dns: ['nameservers', 'domain', 'search', 'options'],
  };
}

const octet = fc.nat(255);
const ipv4 = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.'));
const ipv6 = fc.nat(0xffff).map((tail) => `fd00::${(tail || 1).toString(16)}`);
const cidr = fc.oneof(
  fc.tuple(ipv4, fc.nat(32)).map((parts) => parts.join('/')),
  fc.tuple(ipv6, fc.nat(128)).map((parts) => parts.join('/')),
);
const result: fc.Arbitrary<Result> = fc.record({
  interfaces: fc.array(
    fc.record(
      { name: fc.string(), mac: fc.constant(macOf(1)), sandbox: fc.string(), mtu: fc.nat(), pciID: fc.string() },
      { requiredKeys: ['name'] },
    ),
    { maxLength: 3 },
  ),
  ips: fc.array(fc.record({ address: cidr, gateway: ipv4, interface: fc.nat(3) }, { requiredKeys: ['address'] }), {
    maxLength: 3,
  }),
  routes: fc.array(fc.record({ dst: cidr, gw: ipv4 }, { requiredKeys: ['dst'] }), { maxLength: 3 }),
  dns: fc.option(fc.record({ nameservers: fc.array(ipv4), domain: fc.string() }, { requiredKeys: [] })),
});

/** What a version can say of a result. */
function saidIn(version: CniVersion, whole: Result): Result {
  if (version === '1.1.0') return whole;
  const interfaces = whole.interfaces.map(({ mtu, pciID, socketPath, ...rest }) => rest);
  return { ...whole, interfaces };
}

describe.each(SUPPORTED_VERSIONS)('a result in version %s', (version) => {
  it('has the keys that the specification has, and no others', () => {
    const document = formatResult(RESULT, version);
    const known = keysOf(version);
    expect(document.cniVersion).toBe(version);
    expect(Object.keys(document)).toEqual(known.result);
    for (const list of ['interfaces', 'ips', 'routes'] as const)
      for (const each of document[list] as object[])
        expect([list, Object.keys(each).filter((name) => !known[list].includes(name))]).toEqual([list, []]);
  });

  it('says the family of each address exactly where the version wants it', () => {
    const families = (formatResult(RESULT, version).ips as { version?: string }[]).map((ip) => ip.version);
    expect(families).toEqual(isAtLeast(version, '1.0.0') ? [undefined, undefined] : ['4', '6']);
  });

  it('leaves out what there is none of', () => {
    expect(formatResult(NOTHING, version)).toEqual({ cniVersion: version });
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(result, (whole) => {
        const printed: unknown = JSON.parse(JSON.stringify(formatResult(whole, version)));
        expect(parseResult(printed)).toEqual(saidIn(version, whole));
      }),
    );
  });

  it('keeps what other plugins have put into an address', () => {
    const ips = [{ address: '10.0.0.10/24', owner: 'x' }];
    expect(parseResult(formatResult({ ...NOTHING, ips }, version)).ips).toEqual(ips);
  });
});

describe('parseResult', () => {
  it('takes null for nothing, as Go writes it', () => {
    expect(parseResult({ interfaces: null, ips: null, routes: null, dns: null })).toEqual(NOTHING);
    expect(parseResult({})).toEqual(NOTHING);
  });

  it('spells addresses in one way', () => {
    expect(parseResult({ ips: [{ address: 'FD00:0:0::0A/64' }] }).ips).toEqual([{ address: 'fd00::a/64' }]);
  });

  it.each<[unknown, string]>([
    [null, 'shape'],
    ['x', 'shape'],
    [7, 'shape'],
    [{ ips: {} }, 'ips'],
    [{ ips: [{}] }, 'ips.0.address'],
    [{ ips: [{ address: '10.0.0.1' }] }, 'ips.0.address'],
    [{ ips: [{ address: '10.0.0.1/33' }] }, 'ips.0.address'],
    [{ ips: [{ address: '10.0.0.1/24', interface: -1 }] }, 'ips.0.interface'],
    [{ ips: [{ address: '10.0.0.1/24', interface: 0.5 }] }, 'ips.0.interface'],
    [{ interfaces: [{ mac: 'x' }] }, 'interfaces.0.name'],
    [{ interfaces: [{ name: 'eth0', mac: 7 }] }, 'interfaces.0.mac'],
    [{ routes: [{ gw: '10.0.0.1' }] }, 'routes.0.dst'],
    [{ dns: { nameservers: 'x' } }, 'dns.nameservers'],
  ])('refuses %j, naming the field', async (json, field) => {
    const error = await enimErrorOf(() => parseResult(json));
    expect([error.code, error.cniCode]).toEqual(['UNDECODABLE', 6]);
    expect(error.message).toContain(`has a wrong ${field}: `);
  });

  it('takes anything for a result or refuses it as UNDECODABLE', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        try {
          parseResult(json);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'UNDECODABLE' });
        }
      }),
    );
  });
});

describe('chain', () => {
  const own: Result = {
    interfaces: [{ name: 'eth1', sandbox: '/run/netns/web-0' }],
    ips: [{ address: '10.1.0.5/24', interface: 0 }, { address: '10.1.0.6/24' }],
    routes: [{ dst: '10.9.0.0/16' }],
    dns: null,
  };

  it('is our own result where we come first', () => {
    expect(chain(null, own)).toBe(own);
  });

  it('puts our own part behind, and lets its addresses still point to our own interface', () => {
    expect(chain(RESULT, own)).toEqual({
      interfaces: [...RESULT.interfaces, ...own.interfaces],
      ips: [...RESULT.ips, { address: '10.1.0.5/24', interface: 2 }, { address: '10.1.0.6/24' }],
      routes: [...RESULT.routes, ...own.routes],
      dns: RESULT.dns,
    });
    expect(chain(RESULT, { ...own, dns: { domain: 'own' } }).dns).toEqual({ domain: 'own' });
  });

  it('keeps each address at its interface, however many plugins come before', () => {
    const names = ({ interfaces, ips }: Result): unknown[] =>
      ips.map((ip) => (ip.interface === undefined ? null : (interfaces[ip.interface]?.name ?? 'none')));
    const whole = result.map((each) => ({
      ...each,
      ips: each.ips.map((ip) =>
        ip.interface === undefined || ip.interface >= each.interfaces.length ? { address: ip.address } : ip,
      ),
    }));
    fc.assert(
      fc.property(whole, whole, (first, second) => {
        expect(names(chain(first, second))).toEqual([...names(first), ...names(second)]);
      }),
    );
  });
});
