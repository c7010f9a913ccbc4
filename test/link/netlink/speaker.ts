/** What netlink.test.ts runs on Bun, for only Bun lets us speak to the kernel: calls on standard input, the last one's answer on standard output. */
import { readFileSync } from 'node:fs';
import { createPrograms } from '../../../src/exec.js';
import type { Kernel } from '../../../src/link/kernel.js';
import { openKernel } from '../../../src/link/open.js';

/** The name of what is asked of the kernel, and its arguments. */
export type Call = {
  readonly [Name in Asked]: { readonly name: Name; readonly args: Parameters<Kernel[Name]> };
}[Asked];

type Asked = 'links' | 'isTaken' | 'routes' | 'rules' | 'sysctls' | 'wayTo' | 'counters' | 'change';

/** What it answers, or how it fails. */
export type Reply = { readonly answer?: unknown } | { readonly code: unknown; readonly message: string };

/** Calls of one kernel, one after the other. */
export interface Calls {
  readonly calls: readonly Call[];
  readonly isConcurrent: boolean;
}

const { calls, isConcurrent } = JSON.parse(readFileSync(0, 'utf8')) as Calls;
const kernel = openKernel(createPrograms(10_000), [], isConcurrent);

async function reply(): Promise<Reply> {
  try {
    let answer: unknown;
    for (const { name, args } of calls)
      answer = await (kernel[name] as (...args: Call['args']) => Promise<unknown>)(...args);
    return { answer: answer instanceof Map ? Object.fromEntries(answer) : answer };
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown) return { code: thrown.code, message: thrown.message };
    throw thrown;
  } finally {
    await kernel.close();
  }
}

process.stdout.write(JSON.stringify(await reply()));
