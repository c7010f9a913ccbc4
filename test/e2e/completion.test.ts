import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { add } from '../fabric/answers.js';
import { expectRefusal } from '../fabric/expectations.js';
import { createNode, type Node } from '../fabric/node.js';
import { eventually } from '../fabric/poll.js';
import { describeEndToEnd, EXECUTABLE, programFault } from '../fabric/requirements.js';
import { openTerminal, type Terminal } from '../fabric/terminal.js';

describeEndToEnd('enim completion', () => {
  let node: Node;

  beforeEach(async () => {
    node = await createNode();
    await add(node, 'default/web-0', await node.pod('web-0'), ['--eni', node.eni(0).id]);
  });

  afterEach(() => node.destroy());

  /** Runs a program at home that finds enim in its PATH. */
  const run = (...command: string[]) =>
    node.start(command, { env: { PATH: `${dirname(EXECUTABLE)}:${node.env.PATH}` } }).result;

  /** What bash makes of a line at whose end Tab is pressed. */
  const inBash = async (line: string): Promise<string[]> => {
    const script = [
      'source <(enim completion bash)',
      'COMP_LINE=$1 COMP_POINT=$(printf %s "$1" | wc -c)',
      '_enim 2>/dev/null',
      `printf '%s\\n' "$\{COMPREPLY[@]}"`,
    ].join('\n');
    const { stdout, stderr } = await run('bash', '-c', script, 'bash', line);
    expect(stderr).toBe('');
    return stdout.split('\n').filter((each) => each !== '');
  };

  it('has bash complete commands, flags, and their values', async () => {
    expect(await inBash('enim his')).toEqual(['history']);
    expect(await inBash('enim provider re')).toEqual(expect.arrayContaining(['release', 'restore']));
    expect(await inBash('enim list --st')).toEqual(['--state']);
    expect(await inBash('enim list --state o')).toEqual(['orphan']);
    expect(await inBash('enim list --state=o')).toEqual(['orphan']);
    expect(await inBash('enim list --filter own')).toEqual(['owner=']);
    expect(await inBash('enim nonsense ')).toEqual([]);
    expect(await inBash('enim comp')).toEqual(['completion']);
  });

  it('has bash complete flags where only dashes were typed', async () => {
    expect(await inBash('enim list --')).toEqual(expect.arrayContaining(['--state', '--watch', '--help']));
    expect(await inBash('enim list -')).toEqual(await inBash('enim list --'));
    expect(await inBash('enim list --state free --')).toEqual(await inBash('enim list --'));
  });

  it('has bash complete the value of a flag that is repeated', async () => {
    expect(await inBash('enim list --state free --state o')).toEqual(['orphan']);
  });

  it('has bash complete the ENIs and owners of the node', async () => {
    expect((await inBash('enim show eni-')).sort()).toEqual(node.enis.map(({ id }) => id).sort());
    expect(await inBash('enim where def')).toEqual(['default/web-0']);
    expect(await inBash('enim del ')).toEqual(['default/web-0']);
    expect(await inBash(`enim add default/x --eni ${node.eni(1).id}`)).toEqual([node.eni(1).id]);
  });

  it('has bash complete files where a path is wanted', async () => {
    expect(await inBash(`enim list --config ${node.dir}/conf`)).toEqual([`${node.dir}/config`]);
  });

  it('is quiet where the node cannot be asked', async () => {
    node.writeSettings('{');
    expect(await inBash('enim show eni-')).toEqual([]);
  });

  it('is a script that bash reads', async () => {
    expect(await run('bash', '-c', 'enim completion bash | bash -n')).toMatchObject({ code: 0, stderr: '' });
  });

  it('refuses other shells', async () => {
    expectRefusal(await node.enim(['completion', 'tcsh']), { code: 2, mentions: ['tcsh', 'bash'] });
  });

  /** What fish offers for a line, without what it says of each. */
  const inFish = async (line: string): Promise<string[]> => {
    const { stdout, stderr } = await run('fish', '-c', 'enim completion fish | source; complete -C $argv[1]', line);
    expect(stderr).toBe('');
    return stdout
      .split('\n')
      .filter((each) => each !== '')
      .map((each) => each.split('\t')[0] ?? '');
  };

  it('has fish complete commands, flags, their values, ENIs and owners', async () => {
    expect(await inFish('enim his')).toEqual(['history']);
    expect((await inFish('enim provider re')).sort()).toEqual(['release', 'restore']);
    expect(await inFish('enim list --st')).toEqual(['--state']);
    expect(await inFish('enim list --state o')).toEqual(['orphan']);
    expect((await inFish('enim show eni-')).sort()).toEqual(node.enis.map(({ id }) => id).sort());
    expect(await inFish('enim del ')).toEqual(['default/web-0']);
    expect(await inFish(`enim list --config ${node.dir}/conf`)).toEqual([`${node.dir}/config/`]);
    expect(await inFish('enim nonsense ')).toEqual([]);
  });

  describe('in zsh', () => {
    let terminal: Terminal;

    beforeEach(async () => {
      terminal = await openTerminal(node, { columns: 100 });
      await terminal.enter('exec zsh -f');
      await terminal.enter("PS1='zsh '; autoload -U compinit; compinit -D -u; source <(enim completion zsh); clear");
      await eventually('zsh', async () => (await terminal.screen()) === 'zsh');
    });

    afterEach(() => terminal.close());

    const onTab = async (line: string, shows: string): Promise<void> => {
      await terminal.press(line, 'Tab');
      await eventually(`"${shows}" after "${line}"`, async () => (await terminal.screen()).includes(shows));
      await terminal.press('C-c');
      await terminal.enter('clear');
      await eventually('an empty line', async () => (await terminal.screen()) === 'zsh');
    };

    it('completes commands, flags, their values, ENIs, owners and files', async () => {
      await onTab('enim his', 'zsh enim history');
      await onTab('enim provider re', 'release  -- Free');
      await onTab('enim list --sta', 'zsh enim list --state');
      await onTab('enim list --state o', 'zsh enim list --state orphan');
      await onTab(`enim show ${node.eni(1).id.slice(0, 6)}`, `zsh enim show ${node.eni(1).id}`);
      await onTab('enim where def', 'zsh enim where default/web-0');
      await onTab(`enim list --config ${node.dir}/conf`, `zsh enim list --config ${node.dir}/config`);
    });
  });
}, [programFault('bash'), programFault('fish'), programFault('tmux'), programFault('zsh')]);
