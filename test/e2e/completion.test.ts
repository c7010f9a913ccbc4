import { dirname } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { add } from '../fabric/answers.js';
import { expectRefusal } from '../fabric/expectations.js';
import { createNode, type Node } from '../fabric/node.js';
import { describeEndToEnd, EXECUTABLE, programFault } from '../fabric/requirements.js';

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

  it.each([
    ['zsh', /^#compdef enim\n/, 'compdef _enim enim'],
    ['fish', /^# enim completion for fish\n/, 'complete -c enim -f -a'],
  ])('for %s has its shape', async (shell, start, end) => {
    const { stdout } = await node.enim(['completion', shell]);
    expect(stdout).toMatch(start);
    expect(stdout).toContain(end);
  });
}, [programFault('bash')]);
