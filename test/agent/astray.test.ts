import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { isAstray } from '../../src/agent/astray.js';
import { useTemporaryDirectories } from '../store/temporary.js';

const temporary = useTemporaryDirectories();

/** What /proc shows of a process at home, of whose threads each is in such a netns. */
function processWith(threads: Readonly<Record<string, string>>): string {
  const root = temporary();
  for (const netns of ['home', 'pod']) writeFileSync(join(root, netns), '');
  const put = (directory: string, target: string): void => {
    mkdirSync(join(directory, 'ns'), { recursive: true });
    symlinkSync(target, join(directory, 'ns/net'));
  };
  put(join(root, 'self'), join(root, 'home'));
  for (const [thread, netns] of Object.entries(threads)) put(join(root, 'self/task', thread), join(root, netns));
  return join(root, 'self');
}

it('finds the thread that stayed in the netns of a pod', () => {
  expect(isAstray(processWith({ 1: 'home', 2: 'home' }))).toBe(false);
  expect(isAstray(processWith({ 1: 'home', 2: 'pod' }))).toBe(true);
  expect(isAstray()).toBe(false);
});

it('takes no offence at a thread that ends while it is looked at, whatever the kernel says of that', () => {
  expect(isAstray(processWith({ 1: 'home', 2: 'nowhere' }))).toBe(false);
  // Stands for EACCES, which nothing gives to root.
  expect(isAstray(processWith({ 1: 'home', 2: 'self/task/2/ns/net' }))).toBe(false);
});
