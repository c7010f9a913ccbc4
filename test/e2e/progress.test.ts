import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { add } from '../fabric/answers.js';
import type { RunningEnim } from '../fabric/executable.js';
import { createNode, type Node } from '../fabric/node.js';
import { eventually } from '../fabric/poll.js';
import { describeEndToEnd, programFault } from '../fabric/requirements.js';
import { openTerminal, type Terminal } from '../fabric/terminal.js';

describeEndToEnd('what a person sees of a command that takes its time', () => {
  let node: Node;
  let terminal: Terminal | undefined;

  beforeEach(async () => {
    node = await createNode();
    // gc looks twice only where something is dead.
    const pod = await node.pod('web-0');
    await add(node, 'default/web-0', pod);
    await node.simulateCardReturn(pod, 'eth0');
  });

  afterEach(async () => {
    await terminal?.close();
    await node.destroy();
  });

  const open = async (env: Record<string, string> = {}): Promise<Terminal> => {
    terminal = await openTerminal(node, { columns: 120, env });
    return terminal;
  };
  /** Holds the lock of the state until it is killed. */
  const holdState = (): RunningEnim => {
    const lock = `${node.runDir}/state.lock`;
    const script = `mkdir -p ${node.runDir} && exec 9>>${lock} && flock -x 9 && echo "pid 4711 (enim test)" >&9 && exec sleep 60`;
    return node.start(['sh', '-c', script]);
  };
  const LINE = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] \d+s, /;

  describe('that waits for a lock', () => {
    const quarantine = (): string => `enim provider quarantine ${node.eni(0).id}`;

    it('is who holds it, and nothing of that stays', async () => {
      const seen = await open();
      const holder = holdState();
      await seen.enter(quarantine());
      await eventually('the line', async () =>
        (await seen.screen()).includes('s, waiting for the lock of state, held by pid 4711 (enim test)'),
      );
      holder.kill('SIGKILL');
      await eventually('the end', async () => (await seen.screen()).includes('is given to nobody'));
      expect(await seen.screen()).not.toMatch(LINE);
    });

    it('is wiped by Ctrl-C, which ends the command', async () => {
      const seen = await open();
      holdState();
      await seen.enter(quarantine());
      await eventually('the line', async () => LINE.test(await seen.screen()));
      await seen.press('C-c');
      await eventually('the prompt', async () => /\n%$/.test(await seen.screen()));
      expect(await seen.screen()).not.toMatch(LINE);
      await seen.enter('echo "code $?"');
      await eventually('the code', async () => (await seen.screen()).includes('code 130'));
    });
  });

  it('says that gc looks twice, and wipes it before the table', async () => {
    const seen = await open();
    await seen.enter('enim gc --grace 3s');
    await eventually('the line', async () => LINE.test(await seen.screen()));
    await eventually('the end', async () => (await seen.screen()).includes('1 reclaimed.'));
    expect(await seen.screen()).not.toMatch(LINE);
  });

  it('says which part of a bundle is gathered', async () => {
    const programs = `${node.dir}/programs`;
    mkdirSync(programs);
    writeFileSync(`${programs}/journalctl`, '#!/bin/sh\nsleep 3\n', { mode: 0o755 });
    const seen = await open();
    await seen.enter(`PATH=${programs}:$PATH enim support-bundle --file ${node.dir}/b.tar.gz`);
    await eventually('the line', async () => /[⠋-⠿] \d+s, gathering logs\/journal\.log/.test(await seen.screen()));
    await eventually('the end', async () => (await seen.screen()).includes('list --from-bundle'));
    expect(await seen.screen()).not.toMatch(LINE);
  });

  it.each([
    ['in a pipe', {}, 'enim gc --grace 1500ms 2>&1'],
    ['with --json', {}, 'script -qec "enim gc --grace 1500ms --json" /dev/null'],
    ['in CI', { CI: 'true' }, 'script -qec "enim gc --grace 1500ms" /dev/null'],
    ['on a dumb terminal', { TERM: 'dumb' }, 'script -qec "enim gc --grace 1500ms" /dev/null'],
  ])('is nothing %s', async (_, env, line) => {
    const { code, stdout } = await node.start(['sh', '-c', line], { env: { TERM: 'xterm', ...env } }).result;
    expect(code).toBe(0);
    expect(stdout).toContain('reclaim');
    expect(stdout).not.toMatch(LINE);
    expect(stdout).not.toContain('\u001b');
  });

  it('is a line on a terminal that anything else has', async () => {
    const line = 'script -qec "enim gc --grace 1500ms" /dev/null';
    const { stdout } = await node.start(['sh', '-c', line], { env: { TERM: 'xterm' } }).result;
    expect(stdout).toMatch(/ 1s, waiting for what is dead to be so for 1500ms/);
    expect(stdout).toContain('\r\u001b[KENI ');
  });
}, [programFault('tmux'), programFault('script')]);
