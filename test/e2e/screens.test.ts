import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { add } from '../fabric/answers.js';
import { createNode, type Node } from '../fabric/node.js';
import { describeEndToEnd, programFault } from '../fabric/requirements.js';
import { openTerminal, type Terminal } from '../fabric/terminal.js';

const ID = '3f9c1d2a'.padEnd(64, '0');

describeEndToEnd('the screens in a real terminal', () => {
  let node: Node;
  let terminal: Terminal | undefined;

  beforeEach(async () => {
    node = await createNode({ enis: 64 });
    const owner = 'kube-system/node-exporter-7f9c8d5b6d-x0001';
    await add(node, owner, await node.pod('web-0'), ['--eni', node.eni(0).id], ID);
  });

  afterEach(async () => {
    await terminal?.close();
    await node.destroy();
  });

  it('are broken by it nowhere, be it 80 columns wide or 200', async () => {
    const id = node.eni(0).id;
    for (const columns of [80, 200]) {
      terminal = await openTerminal(node, { columns });
      for (const command of [
        'list',
        'list -o wide',
        `show ${id}`,
        `where ${id}`,
        'history',
        'provider list',
        'drain --check',
        'doctor',
        'gc --dry-run --grace 0',
        'adopt',
        'cordon --reason "the kernel is upgraded tonight, and the node comes back"',
        'uncordon',
        'provider',
        'provider allocate ops/reserve',
        'provider release ops/reserve',
        `provider quarantine ${id} --reason "it lost packets under load, and nobody knows why"`,
        `provider restore ${id}`,
        'version',
        'config path',
        'add default/web-9 --netns nobody',
        'del x',
      ]) {
        const { text, broken } = await terminal.run(`enim ${command}`);
        expect({ columns, command, text, broken }).toEqual({
          columns,
          command,
          text: expect.stringMatching(/\S/),
          broken: [],
        });
      }
      await terminal.close();
    }
  }, 180_000);

  it('are broken by it nowhere on 60 columns either, where they are tables', async () => {
    terminal = await openTerminal(node, { columns: 60 });
    for (const command of ['list', 'list -o wide', 'history', 'history -o wide', 'provider list']) {
      const { text, broken } = await terminal.run(`enim ${command}`);
      expect({ command, text, broken }).toEqual({ command, text: expect.stringMatching(/\S/), broken: [] });
    }
  }, 60_000);

  it('of help are broken by it nowhere, on a narrow terminal as well, and can be pasted', async () => {
    for (const columns of [60, 80]) {
      terminal = await openTerminal(node, { columns });
      for (const command of ['--help', 'add --help', 'list --help', 'config', 'provider --help']) {
        const { text, broken } = await terminal.run(`enim ${command}`);
        expect({ columns, command, text, broken }).toEqual({
          columns,
          command,
          text: expect.stringContaining('USAGE'),
          broken: [],
        });
      }
      await terminal.close();
    }
  }, 60_000);

  it('have colour, unless NO_COLOR declines it', async () => {
    terminal = await openTerminal(node, { columns: 120 });
    const line = 'enim list --state free';
    expect((await terminal.run(line, true)).text).toContain('\u001b[32mfree');
    expect((await terminal.run(`NO_COLOR=1 ${line}`, true)).text).not.toContain('\u001b[');
  });
}, [programFault('tmux')]);
