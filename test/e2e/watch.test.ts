import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ENTER, LEAVE } from '../../src/render/screen.js';
import { add, answer } from '../fabric/answers.js';
import { expectRefusal } from '../fabric/expectations.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { eventually } from '../fabric/poll.js';
import { describeEndToEnd, EXECUTABLE, programFault } from '../fabric/requirements.js';

/** It is told of changes; it would find them by itself only so much later. */
const POLL_MS = 5_000;

/** For the watcher to begin. */
const PAUSE_MS = 1_500;

/** Before it would have found it by itself. */
const SOON = { timeout: POLL_MS - PAUSE_MS };

describeEndToEnd('enim list --watch', () => {
  let node: Node;
  let pod: Pod;

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
    // The state directory is there, as on a node that has been in use.
    await add(node, 'default/first', pod, [], 'c0');
    answer(await node.enim(['del', 'default/first', '--json']));
  });

  afterEach(() => node.destroy());

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'prints a line for each ENI, then one for each change, without waiting for its next look, and ends with 0 by %s',
    async (signal) => {
      const watching = node.startEnim(['list', '--watch']);
      const shows = (change: string) => eventually(change, () => watching.printed().includes(change), SOON);
      await eventually('that it has begun', () => watching.printed().includes(`${node.eni(2).id}: state free`));
      const { eni } = await add(node, 'default/web-0', pod, ['--eni', node.eni(0).id]);
      const added = Date.now();
      await shows(`${eni.id}: state free → used`);
      await node.ip('link set dev eni2 name other2');
      await shows(`${node.eni(2).id}: nic eni2 → other2`);
      watching.kill(signal);

      const { code, stdout, stderr } = await watching.result;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const lines = stdout.trimEnd().split('\n');
      for (const [index, { id }] of node.enis.entries())
        expect(lines[index]).toMatch(new RegExp(`^\\S+Z ${id}: state free, nic eni${index}, ipv4 `));
      const used = lines.findIndex((line) => line.includes(`${eni.id}: state free → used, nic eni0 → eth0`));
      expect(lines[used]).toContain('owner - → default/web-0');
      expect(Date.parse(lines[used]?.split(' ')[0] ?? '') - added).toBeLessThan(SOON.timeout);
      expect(lines.at(-1)).toContain(`${node.eni(2).id}: nic eni2 → other2`);
    },
  );

  it('prints a JSON document a line with --json, of the ENIs that are asked for', async () => {
    const watching = node.startEnim(['list', '--watch', '--state', 'used', '--json']);
    const shows = (event: string) => eventually(event, () => watching.printed().includes(`"event":"${event}"`), SOON);
    await sleep(PAUSE_MS);
    await add(node, 'default/web-0', pod, ['--eni', node.eni(0).id]);
    await shows('added');
    answer(await node.enim(['del', 'default/web-0', '--json']));
    await shows('removed');
    watching.kill('SIGINT');

    const { code, stdout } = await watching.result;
    const documents = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; eni: { id: string } });
    expect(code).toBe(0);
    expect(documents[0]).toMatchObject({
      ...{ at: expect.stringMatching(/Z$/), event: 'added', was: null },
      eni: { id: node.eni(0).id, state: 'used', attachment: { owner: 'default/web-0' } },
    });
    expect(documents.at(-1)).toMatchObject({ event: 'removed', eni: { id: node.eni(0).id } });
  });

  it('draws in place on a terminal, and leaves that as it was after Ctrl-C', async () => {
    const keys = '{ sleep 2; printf "\\003"; sleep 1; }';
    const line = 'trap : INT; stty rows 4 cols 80; enim list --watch; echo "code $?"; stty -a | grep -o " icanon"';
    const { stdout } = await node.start(['sh', '-c', `${keys} | script -qc "$LINE" /dev/null`], {
      env: { TERM: 'xterm', LINE: line, PATH: `${dirname(EXECUTABLE)}:${node.env.PATH}` },
    }).result;
    const [, page = '', after = ''] = stdout.split(ENTER).flatMap((part) => part.split(LEAVE));
    expect(page).toMatch(/3 ENIs: 3 free {2}\(\d\d:\d\d:\d\d UTC, Ctrl-C ends\)/);
    expect(page).toContain('… 2 more lines');
    expect(after).toMatch(/code 0\s+icanon/);
  });

  it('ends when nobody reads any more', async () => {
    const script = '{ enim list --watch; echo "code $?" >&2; } | head -n 1';
    const watching = node.start(['sh', '-c', script], { env: { PATH: `${dirname(EXECUTABLE)}:${node.env.PATH}` } });
    await sleep(PAUSE_MS);
    await add(node, 'default/web-0', pod, ['--eni', node.eni(0).id]);

    const { stdout, stderr } = await watching.result;
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toBe('code 0\n');
  });

  it.each(['yaml', 'csv', 'name'])('refuses --output %s, which is for one look', async (output) => {
    expectRefusal(await node.enim(['list', '--watch', '-o', output]), { code: 2, mentions: [`--output ${output}`] });
  });
}, [programFault('script')]);
