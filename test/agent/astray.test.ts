import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { createStrayWatch } from '../../src/agent/astray.js';
import { useTemporaryDirectories } from '../store/temporary.js';

const temporary = useTemporaryDirectories();

function put(directory: string, target: string): void {
  mkdirSync(join(directory, 'ns'), { recursive: true });
  symlinkSync(target, join(directory, 'ns/net'));
}

/** What /proc shows of a process at home, of whose threads each is in such a netns. */
function processWith(threads: Readonly<Record<string, string>>): string {
  const root = temporary();
  for (const netns of ['home', 'pod']) writeFileSync(join(root, netns), '');
  put(join(root, 'self'), join(root, 'home'));
  for (const [thread, netns] of Object.entries(threads)) put(join(root, 'self/task', thread), join(root, netns));
  return join(root, 'self');
}

/** Looks at once, and again after so many milliseconds. */
function looksAt(own: string, later: number): boolean[] {
  let now = 0;
  const isAstray = createStrayWatch(() => now, own);
  const first = isAstray();
  now = later;
  return [first, isAstray()];
}

it('finds the thread that stays in the netns of a pod, not one that ends when it has nothing to do', () => {
  expect(looksAt(processWith({ 1: 'home', 2: 'home' }), 1_000_000)).toEqual([false, false]);
  expect(looksAt(processWith({ 1: 'home', 2: 'pod' }), 121_000)).toEqual([false, true]);
  expect(looksAt(processWith({ 1: 'home', 2: 'pod' }), 119_000)).toEqual([false, false]);
  expect(looksAt('/proc/self', 1_000_000)).toEqual([false, false]);
});

it('counts the time of each thread anew', () => {
  let now = 0;
  const own = processWith({ 1: 'home', 2: 'pod' });
  const isAstray = createStrayWatch(() => now, own);
  expect(isAstray()).toBe(false);
  rmSync(join(own, 'task/2'), { recursive: true });
  now = 100_000;
  expect(isAstray()).toBe(false);
  put(join(own, 'task/2'), join(own, '../pod'));
  now = 200_000;
  expect(isAstray()).toBe(false);
  now = 330_000;
  expect(isAstray()).toBe(true);
});

it('takes no offence at a thread that ends while it is looked at, whatever the kernel says of that', () => {
  expect(looksAt(processWith({ 1: 'home', 2: 'nowhere' }), 1_000_000)).toEqual([false, false]);
  // Stands for EACCES, which nothing gives to root.
  expect(looksAt(processWith({ 1: 'home', 2: 'self/task/2/ns/net' }), 1_000_000)).toEqual([false, false]);
});
