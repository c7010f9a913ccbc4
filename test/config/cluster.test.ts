import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { settingsFor } from '../../src/config/cluster.js';
import { loadSettings } from '../../src/config/load.js';
import { enimErrorOf } from '../model/thrown.js';
import { useTemporaryDirectories } from '../store/temporary.js';

const CHOICE = { kubeconfig: '/etc/enim/kubeconfig', nodeName: 'node-1', force: false };

describe('the settings that choose a cluster', () => {
  const temporary = useTemporaryDirectories();
  let path: string;
  beforeEach(() => {
    path = join(temporary(), 'config.json');
  });

  const chosen = (before: unknown, choice: Partial<typeof CHOICE> = {}): unknown => {
    writeFileSync(path, JSON.stringify(before));
    return JSON.parse(settingsFor(path, { ...CHOICE, ...choice }));
  };

  it('are made where there are none, as the plugin reads them', () => {
    const text = settingsFor(path, CHOICE);
    writeFileSync(path, text);
    expect(loadSettings(path)).toMatchObject({
      provider: 'kubernetes',
      kubernetes: { kubeconfig: '/etc/enim/kubeconfig', nodeName: 'node-1' },
    });
  });

  it('keep all else that they say, the name of the node too where none is known', () => {
    const before = { lockWait: 5_000, kubernetes: { nodeName: 'node-7' } };
    expect(chosen(before, { nodeName: null as never })).toEqual({
      ...{ lockWait: 5_000, provider: 'kubernetes' },
      kubernetes: { nodeName: 'node-7', kubeconfig: '/etc/enim/kubeconfig' },
    });
  });

  it('stay as they are if they say so already', () => {
    writeFileSync(path, settingsFor(path, CHOICE));
    const again = settingsFor(path, CHOICE);
    writeFileSync(path, again);
    expect(settingsFor(path, CHOICE)).toBe(again);
  });

  it.each([
    ['choose the provider static', { provider: 'static' }],
    ['name ENIs of their own', { static: { discover: { driver: 'ena' } } }],
    [
      'name another kubeconfig, /root/.kube/config',
      { provider: 'kubernetes', kubernetes: { kubeconfig: '/root/.kube/config' } },
    ],
  ])('are not overruled where they %s, unless by force', async (what, before) => {
    expect(await enimErrorOf(() => chosen(before))).toMatchObject({
      code: 'UNSAFE',
      message: expect.stringContaining(what),
      hint: expect.stringContaining('--force'),
    });
    expect(chosen(before, { force: true })).toMatchObject({
      provider: 'kubernetes',
      kubernetes: { nodeName: 'node-1' },
    });
  });

  it('are never made wrong', async () => {
    expect(await enimErrorOf(() => chosen({}, { nodeName: 'Node_1' }))).toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('"Node_1"'),
    });
  });
});
