/** Network configurations that are almost right. */
import fc from 'fast-check';
import { sampleNetwork } from './samples.js';

/** How many inputs a fuzz test tries; CI tries 100,000. */
export const INPUTS = Number(process.env.ENIM_FUZZ || 20_000);

/** An array in an array, so many times. */
export function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 1; level < depth; level += 1) value = [value];
  return value;
}

const PREVIOUS = {
  cniVersion: '1.1.0',
  interfaces: [{ name: 'eth0', mac: '02:e0:00:00:00:01', sandbox: '/run/netns/enim-test-none' }],
  ips: [{ address: '10.0.0.10/24', gateway: '10.0.0.1', interface: 0 }],
  routes: [{ dst: '0.0.0.0/0' }],
  dns: {},
};

/** Configurations as text: the smallest, one with everything, and one of each kind. */
export const VALID: readonly string[] = [
  sampleNetwork(),
  sampleNetwork({
    ...{ cniVersion: '1.0.0', lockWait: 100, logLevel: 'debug', mtu: 1400, force: false, prevResult: PREVIOUS },
    runtimeConfig: { mac: '02:e0:00:00:00:09', ips: ['10.0.0.10/24', 'fd00::10'], deviceID: '0000:00:05.0' },
    ...{ args: { cni: { ips: ['10.0.0.11'] } }, dns: { nameservers: ['10.0.0.2'] } },
  }),
  sampleNetwork({ cniVersion: '0.4.0', device: 'ens5', hwaddr: '02:e0:00:00:00:01', pciBusID: '00:05.0' }),
  sampleNetwork({ cniVersion: '0.3.1', kernelpath: '/sys/bus/pci/devices/0000:00:05.0', prevResult: PREVIOUS }),
  sampleNetwork({ ipam: { type: 'host-local', ranges: [[{ subnet: '10.1.0.0/16' }]] } }),
  sampleNetwork({ 'cni.dev/valid-attachments': [{ containerID: '3f9c', ifname: 'eth0' }] }),
].map((network) => JSON.stringify(network));

const KEYS = [
  ...['cniVersion', 'name', 'type', 'lockWait', 'logLevel', 'mtu', 'force', 'device', 'hwaddr', 'kernelpath'],
  ...['pciBusID', 'runtimeConfig', 'args', 'ipam', 'dns', 'prevResult', 'cni.dev/valid-attachments', 'unknown'],
  ...['cni.dev/attachments', '__proto__', 'constructor', 'prototype', 'toString', ''],
];

const VALUES = [
  ...['null', 'true', '0', '-1', '1500', '1e400', '0.5', '""', '"x"', '"1.1.0"', '"0.3.1"', '"9.9.9"', '"../.."'],
  ...['[]', '{}', '[[]]', '[null]', '[{}]', '"\\u0000"', '"\\ud800"', '"/sys/bus/../../etc"', '"02:e0:00:00:00:02"'],
  ...['{"mac":7}', '{"ips":["x"]}', '{"cni":{"mac":"x"}}', '{"type":"enim"}', '{"type":{}}', '{"deviceID":"x/y"}'],
  ...['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', '{"interfaces":[{"name":"a"}]}'],
  ...['[{"containerID":"a","ifname":"b"}]', '[{"containerID":"-"}]', '{"ips":[{"address":"10.0.0.1"}]}', '"enim"'],
  ...['{"ips":[{"address":"10.0.0.1/24","__proto__":{"polluted":1}}]}', JSON.stringify(nested(200))],
  JSON.stringify({ nested: nested(2_000) }),
];

const CHARACTERS = ['{', '}', '[', ']', '"', ',', ':', '\\', '\0', ' ', '0', 'x', '\u2028', '\ud800', '\ufeff'];

/** One change of a text: mostly of one key's value, else of any character in it. */
export const mutation: fc.Arbitrary<(text: string) => string> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES))
      // The last of two keys counts, and the first wins the place.
      .map(
        ([key, value]) =>
          (text: string) =>
            `${text.slice(0, -1)},${JSON.stringify(key)}:${value}}`,
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(), fc.constantFrom('', ...CHARACTERS), fc.nat(2))
      .map(([place, put, count]) => (text: string) => {
        const at = place % (text.length + 1);
        return `${text.slice(0, at)}${put}${text.slice(at + count)}`;
      }),
  },
);
