/** What tests expect of every error and of every refused change. */
import { expect } from '@jest/globals';
import type { EnimResult } from './executable.js';
import type { Node } from './node.js';

interface Refusal {
  /** Exit code. */
  readonly code: number;
  /** What the first line of the message must say, each as a part of it. */
  readonly says?: readonly (string | RegExp)[];
  /** What must stand somewhere in the message, details and hint included. */
  readonly mentions?: readonly (string | RegExp)[];
}

/** The three parts of an error: what happened, further facts, what to do; no stack, nothing on standard output. */
export function expectRefusal(result: EnimResult, { code, says = [], mentions = [] }: Refusal): void {
  const message = result.stderr.slice(Math.max(0, result.stderr.search(/^error: /m)));
  const [first = '', ...rest] = message.trimEnd().split('\n');
  expect({ code: result.code, stderr: result.stderr }).toEqual({ code, stderr: expect.stringMatching(/^error: \S/m) });
  for (const part of says) expect(first).toMatch(part);
  for (const part of mentions) expect(message).toMatch(part);
  for (const line of rest) expect(line).toMatch(/^ {2}\S| {4}/);
  expect(rest.at(-1)).toMatch(/^ {2}Try: \S/);
  expect(result.stderr).not.toMatch(/^\s+at .*[:(]/m);
  expect(result.stdout).toBe('');
}

/** Runs something that must leave files and kernel exactly as they were. */
export async function expectUnchanged<T>(node: Node, work: () => Promise<T>): Promise<T> {
  const before = { kernel: await node.kernelState(), files: node.filesState() };
  const result = await work();
  expect({ kernel: await node.kernelState(), files: node.filesState() }).toEqual(before);
  return result;
}

/** Runs something that must leave the kernel exactly as it was. */
export async function expectKernelUnchanged<T>(node: Node, work: () => Promise<T>): Promise<T> {
  const before = await node.kernelState();
  const result = await work();
  expect(await node.kernelState()).toEqual(before);
  return result;
}
