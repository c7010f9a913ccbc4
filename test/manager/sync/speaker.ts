/** What packets.test.ts runs on Bun, at home in a netns of the test bed: the ENIs on standard input, what was planned on standard output. */
import { openSync, readFileSync } from 'node:fs';
import { createPrograms } from '../../../src/exec.js';
import { createLinkDriver } from '../../../src/link/driver.js';
import type { SyncEni } from '../../../src/manager/sync/eni.js';
import type { SyncPlan } from '../../../src/manager/sync/plan.js';
import { sync } from '../../../src/manager/sync/sync.js';

/** What was done. */
export type Answer = SyncPlan;

const enis = JSON.parse(readFileSync(0, 'utf8')) as SyncEni[];
const links = createLinkDriver(createPrograms(10_000), null).under({ fd: openSync('/dev/null', 'r') });
const answer: Answer = await sync(links, enis);
process.stdout.write(JSON.stringify(answer));
await links.close();
