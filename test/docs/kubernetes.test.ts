import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { checkSettings } from '../../src/config/load.js';
import { must } from '../fabric/exec.js';
import { describeWith, programFault } from '../fabric/requirements.js';
import { useTemporaryDirectories } from '../store/temporary.js';
import { blocks, pathOf, textOf } from './pages.js';

const PAGE = textOf('docs/kubernetes.md');
const [overlay = '', settings = '', withoutPlugin = ''] = blocks(PAGE, 'yaml');
const [json = ''] = blocks(PAGE, 'json');

it('the settings of docs/kubernetes.md are good, and get the name of the node', () => {
  expect(() => checkSettings('config.json', JSON.parse(json))).not.toThrow();
  expect(json).toMatch(/"kubernetes": *\{/);
});

describeWith('docs/kubernetes.md, by kustomize', [programFault('kubectl')], () => {
  const temporary = useTemporaryDirectories();

  /** What an overlay that a reader has copied makes of `deploy`. */
  async function build(kustomization: string): Promise<string> {
    const directory = temporary();
    mkdirSync(join(directory, 'mine'));
    cpSync(pathOf('deploy'), join(directory, 'deploy'), { recursive: true });
    writeFileSync(join(directory, 'mine/kustomization.yaml'), kustomization);
    writeFileSync(join(directory, 'mine/config.json'), json);
    return must('kubectl', ['kustomize', join(directory, 'mine')]);
  }

  it('has an overlay with settings and nodes of one’s own, and without a definition that is there', async () => {
    const text = await build(overlay + settings);
    expect(text.match(/image: .*/g)).toEqual(Array(3).fill('image: registry.example.com/enim:0.1.0'));
    expect(text).toContain('example.com/enim: "true"');
    expect(text).toContain('"gcEvery": 60000');
    expect(text.match(/^kind: CustomResourceDefinition$/gm)).toHaveLength(2);
    expect(text).not.toContain('name: enis.cce.baidubce.com');
  });

  it('has one that installs no plugin, for nodes in Secondary mode alone', async () => {
    const text = await build(overlay.replace(/^patches:[\s\S]*/m, '') + withoutPlugin);
    expect(text).toContain('name: prepare');
    expect(text).not.toMatch(/args:\n +- install\n/);
  });
});
