import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NETWORK } from '../../fabric/cni.js';
import type { EnimResult } from '../../fabric/executable.js';
import { createNode, type Node } from '../../fabric/node.js';
import { describeEndToEnd, EXECUTABLE } from '../../fabric/requirements.js';

const RUNS = 500;
const AT_ONCE = 8;

interface Input {
  readonly env: Readonly<Record<string, string>>;
  readonly input: string;
}

/** A text that an environment can hold. */
const word = fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\0', ''));
const wild = fc.oneof(word, fc.constantFrom('', '/', '..', 'eth0', 'c1', '\n', '%s', '$HOME', 'x'.repeat(5_000), '💥'));
const command = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION') },
  { weight: 1, arbitrary: wild },
);

const KEYS = [
  ...[
    'cniVersion',
    'name',
    'type',
    'ipam',
    'dns',
    'prevResult',
    'runtimeConfig',
    'args',
    'device',
    'hwaddr',
    'kernelpath',
  ],
  ...['pciBusID', 'mtu', 'force', 'lockWait', 'logLevel', 'cni.dev/valid-attachments', 'capabilities'],
];

/** A network configuration that is in order but for a few keys, or whatever else. */
const network = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .dictionary(fc.constantFrom(...KEYS), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3 })
      .map((keys) => JSON.stringify({ ...NETWORK, ...keys })),
  },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: word },
  { weight: 1, arbitrary: fc.nat({ max: 60 }).map((end) => JSON.stringify(NETWORK).slice(0, end)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('['.repeat(200_000), '{"a":'.repeat(50_000), '\ufeff{}', '"\\ud800"', '1e999'),
  },
);

/** No netns exists under any of these names, so nothing that is asked for can be done. */
const environment = fc.record(
  {
    CNI_COMMAND: command,
    CNI_CONTAINERID: fc.oneof(fc.constant('c1'), wild),
    CNI_NETNS: fc.oneof(fc.constant('/run/netns/enimtest-none'), fc.constant(''), fc.constant('/etc/hostname')),
    CNI_IFNAME: fc.oneof(fc.constant('eth0'), wild),
    CNI_ARGS: fc.oneof(fc.constant('K8S_POD_NAMESPACE=a;K8S_POD_NAME=b'), wild),
    CNI_PATH: wild,
  },
  { requiredKeys: ['CNI_COMMAND'] },
);

describeEndToEnd('the CNI plugin, whatever it is called with', () => {
  let node: Node;
  beforeAll(async () => {
    node = await createNode({ enis: 1 });
  });
  afterAll(() => node.destroy());

  it(`answers each of ${RUNS} calls with one result or one error, and changes nothing`, async () => {
    const before = { kernel: await node.kernelState(), files: node.filesState() };
    const inputs: Input[] = fc.sample(fc.record({ env: environment, input: network }), RUNS);
    const failures: unknown[] = [];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, worker) => {
        for (const input of inputs.filter((__, index) => index % AT_ONCE === worker)) {
          const fault = faultOf(await node.start([EXECUTABLE], input).result);
          if (fault !== undefined) failures.push({ fault, ...input, input: input.input.slice(0, 300) });
        }
      }),
    );
    expect(failures).toEqual([]);
    expect({ kernel: await node.kernelState(), files: node.filesState() }).toEqual(before);
  });
});

function faultOf({ code, signal, stdout, stderr, json }: EnimResult): string | undefined {
  if (code === 0) return stdout === '' || isDocument(json) ? undefined : `success, but prints ${stdout.slice(0, 100)}`;
  if (code !== 1) return `ended with ${code ?? signal}: ${stderr.slice(0, 300)}`;
  if (!isDocument(json)) return `prints ${stdout.slice(0, 100)}`;
  const { code: number, msg, cniVersion } = json as Record<string, unknown>;
  if (typeof number !== 'number' || number === 999 || number === 3 || number === 0)
    return `has code ${String(number)}: ${String(msg)}`;
  if (typeof msg !== 'string' || msg === '') return 'has no message';
  if (typeof cniVersion !== 'string') return 'has no cniVersion';
  return stdout.trimEnd().includes('\n') ? 'prints more than one line' : undefined;
}

function isDocument(json: unknown): boolean {
  return typeof json === 'object' && json !== null && typeof (json as Record<string, unknown>).cniVersion === 'string';
}
