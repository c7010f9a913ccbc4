import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CniCommand } from '../../src/cni/call.js';
import { type Network, parseNetwork } from '../../src/cni/network.js';
import { SUPPORTED_VERSIONS } from '../../src/cni/version.js';
import type { DeviceSelector } from '../../src/model/device.js';
import { EnimError, type ErrorCode } from '../../src/model/errors.js';
import { enimErrorOf } from '../model/thrown.js';
import { INPUTS, mutation, nested, VALID } from './mutations.js';
import { sampleNetwork } from './samples.js';

const parse = (overrides: Readonly<Record<string, unknown>> = {}, command: CniCommand = 'ADD'): Network =>
  parseNetwork(JSON.stringify(sampleNetwork(overrides)), command);

/** Every fault that is named, by what is wrong in the configuration. */
async function faultsOf(overrides: Readonly<Record<string, unknown>>): Promise<string[]> {
  const error = await enimErrorOf(() => parse(overrides));
  expect([error.code, error.cniCode]).toEqual(['INVALID_CONFIG', 7]);
  const [, first] = /^The network configuration is wrong: (.*)\.$/s.exec(error.message) ?? [];
  return [first ?? error.message, ...error.details];
}

describe('parseNetwork', () => {
  it('needs no more than version, name and type', () => {
    expect(parse()).toEqual({
      ...{ cniVersion: '1.1.0', name: 'enis', type: 'enim', raw: sampleNetwork() },
      ...{ config: null, stateDir: null, runDir: null, lockWait: null, logFile: null, logLevel: 'info', mtu: null },
      ...{ force: false, device: null, mac: null, ips: [], ipam: null, dns: null, prevResult: null },
      validAttachments: null,
    });
  });

  it('reads our own keys', () => {
    const keys = {
      ...{ config: '/etc/enim/a.json', stateDir: '/var/lib/a', runDir: '/run/a', lockWait: 2_500, mtu: 9_000 },
      ...{ logFile: '/var/log/enim.log', logLevel: 'debug', force: true, dns: { domain: 'example.org' } },
    };
    expect(parse(keys)).toMatchObject(keys);
  });

  it('ignores keys that nobody knows, and passes them on', () => {
    const raw = sampleNetwork({ bridge: 'br0', capabilities: { mac: true }, ipMasq: false, x: [1] });
    expect(parse(raw).raw).toEqual(raw);
  });

  it.each(['config', 'stateDir', 'runDir', 'logFile', 'device', 'hwaddr', 'kernelpath', 'pciBusID'])(
    'takes null and "" for an absent %s, as Go does',
    (key) => {
      expect({ ...parse({ [key]: null }), raw: 0 }).toEqual({ ...parse(), raw: 0 });
      expect({ ...parse({ [key]: '' }), raw: 0 }).toEqual({ ...parse(), raw: 0 });
    },
  );

  it('takes null for objects that are absent', () => {
    const keys = ['runtimeConfig', 'args', 'ipam', 'dns', 'prevResult', 'cni.dev/valid-attachments', 'mtu', 'lockWait'];
    const raw = Object.fromEntries(keys.map((key) => [key, null]));
    expect({ ...parse(raw), raw: 0 }).toEqual({ ...parse(), raw: 0 });
    expect(parse({ args: { cni: null }, ipam: { type: '' }, runtimeConfig: { ips: null, mac: null } })).toMatchObject({
      ...{ mac: null, ips: [], ipam: null },
    });
  });

  it.each(['', '  \n', '{', 'x', '{"a":}', '\u0000', '{}}'])('refuses %j, which is not JSON', async (text) => {
    const error = await enimErrorOf(() => parseNetwork(text, 'ADD'));
    expect([error.code, error.cniCode]).toEqual(['UNDECODABLE', 6]);
    expect(error.message).toMatch(/^The network configuration on standard input is not JSON: /);
  });

  it.each(['null', '7', '"x"', '[]', 'true'])('refuses %s, which is no object', async (text) => {
    expect((await enimErrorOf(() => parseNetwork(text, 'ADD'))).code).toBe('UNDECODABLE');
  });

  it.each([undefined, null, '', '0.1.0', '0.2.0', '0.3.0', '1.2.0', '9.9.9', 1, ['1.1.0'], nested(3)])(
    'refuses the version %j, naming those that it speaks',
    async (cniVersion) => {
      const error = await enimErrorOf(() => parse({ cniVersion }));
      expect([error.code, error.cniCode]).toEqual(['INCOMPATIBLE_VERSION', 1]);
      expect(error.message).toContain(cniVersion === undefined ? 'has no cniVersion.' : JSON.stringify(cniVersion));
      expect(error.details).toEqual(['supported: 0.3.1, 0.4.0, 1.0.0, 1.1.0']);
    },
  );

  it('knows which verb came with which version', async () => {
    const isKnown: Record<CniCommand, string[]> = {
      ...{ ADD: [...SUPPORTED_VERSIONS], DEL: [...SUPPORTED_VERSIONS], VERSION: [...SUPPORTED_VERSIONS] },
      ...{ CHECK: ['0.4.0', '1.0.0', '1.1.0'], GC: ['1.1.0'], STATUS: ['1.1.0'] },
    };
    for (const [command, known] of Object.entries(isKnown) as [CniCommand, string[]][]) {
      for (const cniVersion of SUPPORTED_VERSIONS) {
        if (known.includes(cniVersion)) expect(parse({ cniVersion }, command).cniVersion).toBe(cniVersion);
        else
          expect(await enimErrorOf(() => parse({ cniVersion }, command))).toMatchObject({
            ...{ code: 'INCOMPATIBLE_VERSION', message: expect.stringContaining(`has no ${command}`) },
          });
      }
    }
  });
});

describe('what is wrong in a network configuration', () => {
  it.each<[Record<string, unknown>, string]>([
    [{ name: undefined }, 'name is missing'],
    [{ name: '' }, 'name is "", which is no network name'],
    [{ name: '../x' }, 'name is "../x", which is no network name'],
    [{ name: 7 }, 'name is 7, which is no network name'],
    [{ name: {} }, 'name is {}, which is no network name'],
    [{ config: 'etc/x' }, 'config is "etc/x", which is no absolute path'],
    [{ stateDir: 7 }, 'stateDir is 7, which is no absolute path'],
    [{ runDir: '/a\u0000b' }, 'runDir is "/a\\u0000b", which is no absolute path'],
    [{ logFile: [] }, 'logFile is [], which is no absolute path'],
    [{ device: 'eth/0' }, 'device is "eth/0", which is no interface name'],
    [{ hwaddr: 'x' }, 'hwaddr is "x", which is no MAC address'],
    [{ pciBusID: '5' }, 'pciBusID is "5", which is no PCI address, such as "0000:00:05.0"'],
    [{ kernelpath: '/dev' }, 'kernelpath is "/dev", which is no path below /sys/devices or /sys/bus'],
    [
      { runtimeConfig: { deviceID: '/' } },
      'runtimeConfig.deviceID is "/", which is no PCI address or ID of an auxiliary device',
    ],
    [{ runtimeConfig: { mac: 'x' } }, 'runtimeConfig.mac is "x", which is no MAC address of a single device'],
    [
      { runtimeConfig: { mac: '01:00:5e:00:00:01' } },
      'runtimeConfig.mac is "01:00:5e:00:00:01", which is no MAC address of a single device',
    ],
    [
      { args: { cni: { mac: '00:00:00:00:00:00' } } },
      'args.cni.mac is "00:00:00:00:00:00", which is no MAC address of a single device',
    ],
    [{ runtimeConfig: { ips: ['10.0.0.1', 'x'] } }, 'runtimeConfig.ips.1 is "x", which is no IP address'],
    [{ args: { cni: { ips: [7] } } }, 'args.cni.ips.0 is 7, which is no IP address'],
  ])('is named with its field and value: %j', async (overrides, fault) => {
    expect(await faultsOf(overrides)).toEqual([fault]);
  });

  it.each<[Record<string, unknown>, string]>([
    [{ type: 7 }, 'type is 7 ('],
    [{ lockWait: 0 }, 'lockWait is 0 ('],
    [{ lockWait: '5s' }, 'lockWait is "5s" ('],
    [{ lockWait: 600_001 }, 'lockWait is 600001 ('],
    [{ logLevel: 'trace' }, 'logLevel is "trace" ('],
    [{ mtu: 67 }, 'mtu is 67 ('],
    [{ mtu: 1500.5 }, 'mtu is 1500.5 ('],
    [{ mtu: 65_536 }, 'mtu is 65536 ('],
    [{ mtu: '1500' }, 'mtu is "1500" ('],
    [{ force: 'yes' }, 'force is "yes" ('],
    [{ ipam: 'x' }, 'ipam is "x" ('],
    [{ ipam: { type: 7 } }, 'ipam.type is 7 ('],
    [{ dns: { nameservers: 'x' } }, 'dns.nameservers is "x" ('],
    [{ runtimeConfig: { ips: '10.0.0.1' } }, 'runtimeConfig.ips is "10.0.0.1" ('],
    [{ 'cni.dev/valid-attachments': {} }, 'cni.dev/valid-attachments is {} ('],
    [{ 'cni.dev/valid-attachments': [null] }, 'cni.dev/valid-attachments.0 is null ('],
    [{ 'cni.dev/valid-attachments': [{ ifname: 'eth0' }] }, 'cni.dev/valid-attachments.0.containerID is missing'],
    [{ 'cni.dev/valid-attachments': [{ containerID: 'a' }] }, 'cni.dev/valid-attachments.0.ifname is missing'],
    [
      { 'cni.dev/valid-attachments': [{ containerID: '', ifname: 'e' }] },
      'cni.dev/valid-attachments.0.containerID is ""',
    ],
    [{ 'cni.dev/attachments': [{ containerID: 'a', ifname: 'a/b' }] }, 'cni.dev/attachments.0.ifname is "a/b"'],
  ])('is named by its field: %j', async (overrides, start) => {
    const [fault, ...others] = await faultsOf(overrides);
    expect([fault?.startsWith(start) || fault, others]).toEqual([true, []]);
  });

  it('is named all at once', async () => {
    const faults = await faultsOf({
      ...{ name: '', config: 'x', mtu: 1, device: '..', ipam: { type: 1 }, runtimeConfig: { mac: 1, ips: ['x'] } },
      'cni.dev/valid-attachments': [{ containerID: '-', ifname: '' }],
    });
    const fields = faults.map((fault) => fault.split(' ')[0]);
    expect(fields.sort()).toEqual([
      ...['cni.dev/valid-attachments.0.containerID', 'cni.dev/valid-attachments.0.ifname', 'config', 'device'],
      ...['ipam.type', 'mtu', 'name', 'runtimeConfig.ips.0', 'runtimeConfig.mac'],
    ]);
  });

  it('is a prevResult that is none', async () => {
    for (const prevResult of ['x', 7, false, { ips: [{ address: 'x' }] }, { interfaces: [{}] }])
      expect((await enimErrorOf(() => parse({ prevResult }))).code).toBe('UNDECODABLE');
  });

  it('is told in a few words, however long the value', async () => {
    const [fault = ''] = await faultsOf({ name: 'x '.repeat(100_000) });
    expect(fault.length).toBeLessThan(500);
  });

  it.each(['name', 'mtu', 'device', 'force'])(
    'is told, too, where %s is nested too deeply to be shown',
    async (key) => {
      const error = await enimErrorOf(() => parseNetwork(deep(key), 'ADD'));
      expect([error.code, error.message]).toEqual([
        'INVALID_CONFIG',
        expect.stringContaining(`${key} is something nested too deeply`),
      ]);
    },
  );

  it.each(['cniVersion', 'type', 'ipam', 'runtimeConfig', 'dns', 'prevResult', 'cni.dev/valid-attachments', 'other'])(
    'is nothing else than that, where %s is nested deeply',
    (key) => {
      unlessRefused(() => parseNetwork(deep(key), 'ADD'));
    },
  );
});

/** A configuration in which the value of a key is an array in an array, 100,000 times. */
function deep(key: string): string {
  const text = JSON.stringify(sampleNetwork({ [key]: 'HERE' }));
  return text.replace('"HERE"', `${'['.repeat(100_000)}${']'.repeat(100_000)}`);
}

describe('the device of a network configuration', () => {
  it.each<[Record<string, unknown>, DeviceSelector]>([
    [{ device: 'ens5' }, { by: 'name', name: 'ens5' }],
    [{ hwaddr: '02-E0-00-00-00-0A' }, { by: 'mac', mac: '02:e0:00:00:00:0a' }],
    [
      { kernelpath: '/sys/devices/pci0000:00/0000:00:1f.6' },
      { by: 'kernelpath', path: '/sys/devices/pci0000:00/0000:00:1f.6' },
    ],
    [
      { kernelpath: '/sys//bus/./pci/devices/0000:00:05.0/' },
      { by: 'kernelpath', path: '/sys/bus/pci/devices/0000:00:05.0' },
    ],
    [{ pciBusID: '0000:00:1F.6' }, { by: 'bus', address: '0000:00:1f.6' }],
    [{ pciBusID: '00:05.0' }, { by: 'bus', address: '0000:00:05.0' }],
    [{ runtimeConfig: { deviceID: '0000:00:06.0' } }, { by: 'bus', address: '0000:00:06.0' }],
    [{ runtimeConfig: { deviceID: 'mlx5_core.sf.4' } }, { by: 'bus', address: 'mlx5_core.sf.4' }],
  ])('is named as for the host-device plugin: %j', (overrides, device) => {
    expect(parse(overrides).device).toEqual(device);
  });

  it('is chosen in the order that host-device has: device, hwaddr, kernelpath, deviceID, pciBusID', () => {
    const keys = [
      { device: 'ens5' },
      { hwaddr: '02:e0:00:00:00:01' },
      { kernelpath: '/sys/bus/pci/devices/x' },
      { runtimeConfig: { deviceID: '0000:00:06.0' } },
      { pciBusID: '0000:00:05.0' },
    ];
    for (const [at, key] of keys.entries())
      expect(parse(Object.assign({}, ...keys.slice(at))).device).toEqual(parse(key).device);
  });

  it('takes what the runtime asks for before what the configuration’s args ask for', () => {
    const args = { cni: { mac: '02:e0:00:00:00:02', ips: ['10.0.0.2'] } };
    const runtimeConfig = { mac: '02:E0:00:00:00:01', ips: ['FD00::0A/64', '10.0.0.1/24'] };
    expect(parse({ args })).toMatchObject({ mac: '02:e0:00:00:00:02', ips: ['10.0.0.2'] });
    expect(parse({ args, runtimeConfig })).toMatchObject({
      ...{ mac: '02:e0:00:00:00:01', ips: ['fd00::a/64', '10.0.0.1/24'] },
    });
  });

  it('cannot leave sysfs, whatever its path or address', () => {
    const piece = fc.constantFrom(
      ...['..', '.', '', 'sys', 'devices', 'bus', 'pci', 'etc', 'net', '0000:00:05.0', '\0', '%2e%2e', '\\', '..\n'],
      ...['00:05.0', 'a.b.0', '/', '/../', 'x', ' '],
    );
    const path = fc.tuple(fc.constantFrom('/sys/devices/', '/sys/bus/', '/', ''), fc.array(piece, { maxLength: 8 }));
    fc.assert(
      fc.property(path, fc.constantFrom('/', ''), ([start, pieces], separator) => {
        const text = `${start}${pieces.join(separator)}`;
        for (const overrides of [{ kernelpath: text }, { pciBusID: text }, { runtimeConfig: { deviceID: text } }]) {
          const device = unlessRefused(() => parse(overrides).device) ?? null;
          if (device?.by === 'kernelpath') {
            expect(device.path).toMatch(/^\/sys\/(devices|bus)\/./);
            expect(device.path.split('/')).not.toContain('..');
            expect(device.path).not.toContain('\0');
          }
          if (device?.by === 'bus') expect(device.address).toMatch(/^([0-9a-f:]{10}\.[0-7]|\w+\.\w+\.\d+)$/);
        }
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('the attachments that a runtime knows', () => {
  const attachments = [
    { containerID: 'a', ifname: 'eth0' },
    { containerID: 'b', ifname: 'net1' },
  ];

  it('are read under the name of the specification, and of libraries before it', () => {
    expect(parse({ 'cni.dev/valid-attachments': attachments }, 'GC').validAttachments).toEqual(attachments);
    expect(parse({ 'cni.dev/attachments': attachments }, 'GC').validAttachments).toEqual(attachments);
    expect(
      parse({ 'cni.dev/attachments': attachments, 'cni.dev/valid-attachments': [] }, 'GC').validAttachments,
    ).toEqual([]);
  });

  it('are something else where there are none than where nothing is said', () => {
    expect(parse({ 'cni.dev/valid-attachments': [] }, 'GC').validAttachments).toEqual([]);
    expect(parse({}, 'GC').validAttachments).toBeNull();
  });
});

describe('any text for a network configuration', () => {
  const REFUSALS: readonly ErrorCode[] = ['UNDECODABLE', 'INCOMPATIBLE_VERSION', 'INVALID_CONFIG'];
  const command = fc.constantFrom<CniCommand>('ADD', 'DEL', 'CHECK', 'GC', 'STATUS');

  /** What is held of every text: it is a network, or refused as one. */
  function judge(text: string, verb: CniCommand): boolean {
    const network = unlessRefused(() => parseNetwork(text, verb), REFUSALS);
    if (network === undefined) return false;
    if (!/^[a-zA-Z0-9][\w.-]*$/.test(network.name)) throw new Error(`The name ${network.name} got through.`);
    if (Object.getPrototypeOf(network) !== Object.prototype) throw new Error('The prototype was changed.');
    return true;
  }

  it('is a network or an error of ours, where a valid one is mutated', () => {
    let networks = 0;
    fc.assert(
      fc.property(fc.nat(VALID.length - 1), fc.array(mutation, { maxLength: 4 }), command, (base, mutations, verb) => {
        const text = mutations.reduce((each, mutate) => mutate(each), VALID[base] as string);
        if (judge(text, verb)) networks += 1;
      }),
      { numRuns: 0.8 * INPUTS },
    );
    // Neither all nor none of them.
    expect(networks).toBeGreaterThan(0.1 * INPUTS);
    expect(networks).toBeLessThan(0.7 * INPUTS);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  }, 60_000);

  it('is a network or an error of ours, where it is any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'small', maxDepth: 4 }), command, (json, verb) => {
        judge(JSON.stringify(json), verb);
        judge(JSON.stringify({ ...sampleNetwork(), ...(json as object | null) }), verb);
      }),
      { numRuns: INPUTS / 10 },
    );
  }, 60_000);

  it('is a network or an error of ours, where it is any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), command, (text, verb) => void judge(text, verb)),
      { numRuns: INPUTS / 10 },
    );
  }, 60_000);
});

/** What a call returns; undefined if it throws an EnimError. */
function unlessRefused<T>(call: () => T, codes?: readonly ErrorCode[]): T | undefined {
  try {
    return call();
  } catch (thrown) {
    if (thrown instanceof EnimError && (codes?.includes(thrown.code) ?? true)) return undefined;
    throw thrown;
  }
}
