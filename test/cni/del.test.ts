import { describe, expect, it } from '@jest/globals';
import { add } from '../../src/cni/add.js';
import { del } from '../../src/cni/del.js';
import { EnimError } from '../../src/model/errors.js';
import { enimErrorOf } from '../model/thrown.js';
import { CniNode } from './node.js';
import { useSignalsAsBefore } from './signals.js';

useSignalsAsBefore();
const network = { ipam: { type: 'host-local' } };

describe('DEL', () => {
  it('brings home what the container has, and prints nothing', async () => {
    const node = new CniNode();
    const before = node.machine.show();
    await add(node.task('ADD'));
    expect(await del(node.task('DEL'))).toBeUndefined();
    expect(node.machine.show()).toBe(before);
  });

  it.each(['', '/run/netns/web-0', '/run/netns/none'])(
    'is success any number of times, before and after an ADD, with the netns %j',
    async (CNI_NETNS) => {
      const node = new CniNode();
      const before = node.machine.show();
      await del(node.task('DEL', {}, { CNI_NETNS }));
      await add(node.task('ADD'));
      for (let times = 0; times < 3; times += 1) await del(node.task('DEL', {}, { CNI_NETNS }));
      expect(node.machine.show()).toBe(before);
    },
  );

  it('needs no CNI_ARGS: whose it was stands in the record', async () => {
    const node = new CniNode();
    const before = node.machine.show();
    await add(node.task('ADD'));
    await del(node.task('DEL', {}, { CNI_ARGS: '' }));
    expect(node.machine.show()).toBe(before);
  });

  it('touches nothing of another container, interface or network', async () => {
    const node = new CniNode();
    await add(node.task('ADD'));
    const before = node.machine.show();
    await del(node.task('DEL', {}, { CNI_CONTAINERID: 'other' }));
    await del(node.task('DEL', {}, { CNI_IFNAME: 'net1' }));
    await del(node.task('DEL', { name: 'other' }));
    expect(node.machine.show()).toBe(before);
  });

  it('logs what the pod had changed', async () => {
    const node = new CniNode();
    await add(node.task('ADD'));
    Object.assign(node.machine.kernel.in(101).at(-1) ?? {}, { txqlen: 5 });
    await del(node.task('DEL'));
    expect(node.lines).toMatchObject([{ level: 'info', fields: { restored: expect.any(Array) } }]);
  });

  it('tells the IPAM plugin only when the NIC is home', async () => {
    const node = new CniNode();
    await add(node.task('ADD', network));
    let home: string[] = [];
    node.onDelegation = () => {
      home = node.machine.kernel.in(1).map(({ name }) => name);
    };
    await del(node.task('DEL', network));
    expect([home.includes('ens1'), node.delegations.map(({ command }) => command)]).toEqual([true, ['ADD', 'DEL']]);
  });

  it('tells the IPAM plugin also where it has nothing to bring home itself', async () => {
    const node = new CniNode();
    await del(node.task('DEL', network));
    expect(node.delegations.map(({ command }) => command)).toEqual(['DEL']);
  });

  it('fails where the IPAM plugin does, with the NIC at home; the next one asks it again', async () => {
    const node = new CniNode();
    const before = node.machine.show();
    await add(node.task('ADD', network));
    node.onDelegation = () => Promise.reject(new EnimError('DELEGATE_FAILED', 'no'));
    expect((await enimErrorOf(() => del(node.task('DEL', network)))).code).toBe('DELEGATE_FAILED');
    expect(node.machine.show()).toBe(before);
    node.onDelegation = () => undefined;
    await del(node.task('DEL', network));
  });

  it('does not tell the IPAM plugin where the NIC could not be brought home: its addresses are in use', async () => {
    const node = new CniNode();
    await add(node.task('ADD', network));
    node.machine.interference.before = (call) => {
      if (call === 'links.moveHome') throw new EnimError('LINK_FAILED', 'The way home is shut.');
    };
    expect((await enimErrorOf(() => del(node.task('DEL', network)))).code).toBe('LINK_FAILED');
    expect(node.delegations.map(({ command }) => command)).toEqual(['ADD']);
  });
});
