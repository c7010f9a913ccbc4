import { describe, expect, it } from '@jest/globals';
import { add } from '../../src/cni/add.js';
import { check } from '../../src/cni/check.js';
import { EnimError } from '../../src/model/errors.js';
import { macOf } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import { CniNode } from './node.js';
import { useSignalsAsBefore } from './signals.js';

useSignalsAsBefore();

/** A node after an ADD, and the configuration that a CHECK has then. */
async function added(network: Readonly<Record<string, unknown>> = {}) {
  const node = new CniNode();
  const prevResult = (await add(node.task('ADD', network))) as Record<string, unknown>;
  return { node, network: { ...network, prevResult } };
}

describe('CHECK', () => {
  it.each(['0.4.0', '1.0.0', '1.1.0'])(
    'prints nothing where all is as ADD answered, in version %s',
    async (cniVersion) => {
      const { node, network } = await added({ cniVersion });
      expect(await check(node.task('CHECK', network))).toBeUndefined();
    },
  );

  it('is content behind other plugins that have added theirs', async () => {
    const prevResult = { interfaces: [{ name: 'eth0' }], ips: [{ address: '10.9.0.1/16', interface: 0 }] };
    const { node, network } = await added({ prevResult });
    const routes = [...((network.prevResult.routes ?? []) as unknown[]), { dst: '10.99.0.0/16' }];
    await check(node.task('CHECK', { prevResult: { ...network.prevResult, routes } }));
  });

  it('names everything that differs', async () => {
    const { node, network } = await added();
    Object.assign(node.machine.kernel.in(101).at(-1) ?? {}, { mtu: 9_000, mac: macOf(9) });
    const error = await enimErrorOf(() => check(node.task('CHECK', network)));
    expect([error.code, error.message]).toEqual([
      'CHECK_FAILED',
      `eth0 of container 3f9c is not what its ADD answered: the MAC of eth0 is ${macOf(9)}, not ${macOf(1)}; the MTU of eth0 is 9000, not 1400.`,
    ]);
  });

  it('refuses a prevResult of another interface, or none at all', async () => {
    const { node, network } = await added();
    expect((await enimErrorOf(() => check(node.task('CHECK')))).code).toBe('INVALID_CONFIG');
    const other = node.task('CHECK', network, { CNI_IFNAME: 'net1' });
    expect((await enimErrorOf(() => check(other))).message).toBe('prevResult names no interface net1 in a sandbox.');
  });

  it('asks the IPAM plugin, too', async () => {
    const { node, network } = await added({ ipam: { type: 'host-local' } });
    node.onDelegation = () => Promise.reject(new EnimError('DELEGATE_FAILED', 'It was forgotten.'));
    expect((await enimErrorOf(() => check(node.task('CHECK', network)))).message).toBe('It was forgotten.');
    expect(node.delegations.map(({ command }) => command)).toEqual(['ADD', 'CHECK']);
  });
});
