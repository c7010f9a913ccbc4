/** What packets.test.ts runs on Bun, at home in a netns of the test bed: the ENIs on standard input, what was planned on standard output. */
import { openSync, readFileSync } from 'node:fs';
import { createPrograms } from '../../../src/exec.js';
import { createLinkDriver } from '../../../src/link/driver.js';
import { lookAround } from '../../../src/manager/sync/look.js';
import { planSync, type SyncPlan } from '../../../src/manager/sync/plan.js';
import type { SyncEni } from '../../../src/model/sync.js';
import { stepsOf } from './samples.js';

/** What was done. */
export type Answer = SyncPlan;

const enis = JSON.parse(readFileSync(0, 'utf8')) as SyncEni[];
const links = createLinkDriver(createPrograms(10_000)).under({ fd: openSync('/dev/null', 'r') });
const seen = await lookAround(
  links,
  enis.map((eni) => ({ eni })),
);
const answer: Answer = planSync(enis, { ...seen, reserved: new Set() });
await links.arrange(stepsOf(answer));
process.stdout.write(JSON.stringify(answer));
await links.close();
