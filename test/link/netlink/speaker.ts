/** What netlink.test.ts runs on Bun, for only Bun lets us speak to the kernel: one question on standard input, its answer on standard output. */
import { readFileSync } from 'node:fs';
import { createPrograms } from '../../../src/exec.js';
import type { IpCommand, Place } from '../../../src/link/ip.js';
import { openIp } from '../../../src/link/session.js';

/** What is asked. */
export interface Question {
  readonly place: Place;
  readonly commands: readonly IpCommand[];
  readonly force?: boolean;
}

/** The documents, or why there are none. */
export type Reply = { readonly documents: readonly unknown[] } | { readonly code: unknown; readonly message: string };

const { place, commands, force = false } = JSON.parse(readFileSync(0, 'utf8')) as Question;
const session = openIp(createPrograms(10_000), []);
session.prepare([place]);

async function reply(): Promise<Reply> {
  try {
    return { documents: await session.ip(place, commands, { force }) };
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown) return { code: thrown.code, message: thrown.message };
    throw thrown;
  } finally {
    await session.close();
  }
}

// An undefined document is null in JSON.
process.stdout.write(JSON.stringify(await reply()));
