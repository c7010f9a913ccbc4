import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { callPlugin, startCall } from '../fabric/cni.js';
import type { RunningEnim } from '../fabric/executable.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';
import { type Bed, createBed, expectAllHome, expectNothingLost, succeed } from './bed.js';
import { GC } from './operations.js';

const ROUNDS = Number(process.env.ENIM_CRASH_ROUNDS || 60);
const WORKERS = 8;
const ENIS = 4;

/** Rounds of each worker from one quiet moment to the next. */
const STRETCH = 5;

/** Longer than most commands take while all of them are at it, so that some end. */
const LONGEST_MS = 400;

describeEndToEnd('killed at random, many at once', () => {
  let bed: Bed;

  beforeEach(async () => {
    bed = await createBed('dual', ENIS, WORKERS);
  });

  afterEach(() => bed.destroy());

  /** By hand and by the plugin, in the same pods: each knows the other's attachments. */
  const VERBS: Readonly<Record<string, (pod: Pod) => RunningEnim>> = {
    add: ({ name, path }) => bed.node.startEnim(['add', `default/${name}`, '--netns', path, '--container-id', name]),
    del: ({ name }) => bed.node.startEnim(['del', `default/${name}`, '--container-id', name]),
    gc: () => bed.node.startEnim(GC),
    ADD: ({ name, path }) => startCall(bed.node, 'ADD', { containerID: name, netns: path, args: argsOf(name) }),
    DEL: ({ name, path }) => startCall(bed.node, 'DEL', { containerID: name, netns: path, args: argsOf(name) }),
    GC: () => startCall(bed.node, 'GC', { network: { 'cni.dev/valid-attachments': bed.pods.filter(half).map(keyOf) } }),
  };

  it(`${ROUNDS} kills by ${WORKERS} workers on ${ENIS} ENIs lose none and give none twice`, async () => {
    const counts = { killed: 0, ended: 0 };
    const round = async (): Promise<void> => {
      const verb = pick(Object.keys(VERBS));
      const running = VERBS[verb]?.(pick(bed.pods)) as RunningEnim;
      await Promise.race([sleep(Math.random() * LONGEST_MS), running.result]);
      running.kill('SIGKILL');
      const { code, stderr } = await running.result;
      counts[code === null ? 'killed' : 'ended'] += 1;
      // It may be refused, since others are at it; it must not fall over.
      expect(stderr).not.toMatch(/^\s+at .*[:(]/m);
    };

    for (let done = 0; done < ROUNDS; done += WORKERS * STRETCH) {
      const rounds = Math.min(STRETCH, Math.ceil((ROUNDS - done) / WORKERS));
      await Promise.all(
        Array.from({ length: WORKERS }, async () => {
          for (let count = 0; count < rounds; count += 1) await round();
        }),
      );
      await expectNothingLost(bed, bed.pods);
    }
    process.stderr.write(`random kills: ${counts.killed} were killed, ${counts.ended} ended before\n`);
    expect(Math.min(counts.killed, counts.ended)).toBeGreaterThan(0);

    for (const { name, path } of bed.pods) {
      expect(await callPlugin(bed.node, 'DEL', { containerID: name, netns: path, args: argsOf(name) })).toMatchObject({
        code: 0,
      });
      await succeed(bed.node, ['del', `default/${name}`, '--container-id', name]);
    }
    await succeed(bed.node, GC);
    await expectAllHome(bed);

    const last = bed.pods.slice(0, ENIS);
    await Promise.all(last.map(({ name, path }) => succeed(bed.node, ['add', `default/${name}`, '--netns', path])));
    await expectNothingLost(bed, bed.pods);
    for (const pod of last) expect(await pod.link('eth0')).toBeDefined();
  }, 900_000);
});

function argsOf(name: string): string {
  return `IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=${name};K8S_POD_UID=${name}`;
}

function half(): boolean {
  return Math.random() < 0.5;
}

function keyOf({ name }: Pod): { containerID: string; ifname: string } {
  return { containerID: name, ifname: 'eth0' };
}

function pick<T>(values: readonly T[]): T {
  return values[Math.floor(Math.random() * values.length)] as T;
}
