import { describe, expect, it } from '@jest/globals';
import { add } from '../../src/cni/add.js';
import { status } from '../../src/cni/status.js';
import { EnimError } from '../../src/model/errors.js';
import { enimErrorOf } from '../model/thrown.js';
import { CniNode } from './node.js';
import { useSignalsAsBefore } from './signals.js';

useSignalsAsBefore();

describe('STATUS', () => {
  it('prints nothing while an ENI is free', async () => {
    expect(await status(new CniNode().task('STATUS'))).toBeUndefined();
  });

  it('is 50 where none is', async () => {
    const node = new CniNode(1);
    await add(node.task('ADD'));
    const error = await enimErrorOf(() => status(node.task('STATUS')));
    expect([error.code, error.cniCode, error.message]).toEqual([
      ...['UNAVAILABLE', 50, 'No ENI is free (1 known: 1 used).'],
    ]);
  });

  it('is 51 where containers suffer besides, and names them', async () => {
    const node = new CniNode(1);
    await add(node.task('ADD'));
    node.machine.kernel.in(101).pop();
    const error = await enimErrorOf(() => status(node.task('STATUS')));
    expect([error.code, error.cniCode, error.details]).toEqual([
      ...['LIMITED', 51, ['default/web-0 has lost ENI eni-1: its netns is alive, but no device is in it']],
    ]);
  });

  it('asks the IPAM plugin, too', async () => {
    const node = new CniNode();
    node.onDelegation = () => Promise.reject(new EnimError('UNAVAILABLE', 'The range is full.'));
    const task = node.task('STATUS', { ipam: { type: 'host-local' } });
    expect((await enimErrorOf(() => status(task))).cniCode).toBe(50);
  });
});
