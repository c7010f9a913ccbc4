import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { add, list, show } from '../fabric/answers.js';
import { run } from '../fabric/exec.js';
import type { EnimOptions } from '../fabric/executable.js';
import { expectUnchanged } from '../fabric/expectations.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { eventually } from '../fabric/poll.js';
import { describeEndToEnd } from '../fabric/requirements.js';

interface FindingAnswer {
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'problem';
  readonly subject: string;
  readonly evidence: string;
  readonly consequence: string | null;
  readonly mend: string | null;
  readonly fixable: boolean;
}

interface DoctorAnswer {
  readonly problems: number;
  readonly warnings: number;
  readonly findings: readonly FindingAnswer[];
  readonly fixed: readonly { readonly subject: string; readonly done: string; readonly error: string | null }[];
}

/** Root may write everywhere; this root may not. */
const WITHOUT_PRIVILEGE = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];

describeEndToEnd('enim doctor', () => {
  let node: Node;
  let pod: Pod;

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
    mkdirSync(node.stateDir, { mode: 0o700 });
    mkdirSync(node.runDir, { mode: 0o700 });
  });

  afterEach(() => node.destroy());

  /** Its document; the exit code must say the same as the document. */
  const doctor = async (extra: readonly string[] = [], options: EnimOptions = {}): Promise<DoctorAnswer> => {
    const { code, json, stdout, stderr } = await node.enim(['doctor', ...extra, '--json'], options);
    if (json === undefined) throw new Error(`No document: ${stdout}${stderr}`);
    const diagnosis = json as DoctorAnswer;
    expect(code).toBe(diagnosis.problems > 0 ? 1 : 0);
    const count = (level: string): number => diagnosis.findings.filter((each) => each.level === level).length;
    expect([diagnosis.problems, diagnosis.warnings]).toEqual([count('problem'), count('warning')]);
    for (const { level, consequence, mend } of diagnosis.findings)
      expect([consequence === null, mend === null]).toEqual([level === 'ok', level === 'ok']);
    return diagnosis;
  };

  const problems = ({ findings }: DoctorAnswer): FindingAnswer[] => findings.filter(({ level }) => level === 'problem');

  describe('on a healthy node', () => {
    it('finds no problem and changes nothing', async () => {
      await add(node, 'default/web-0', pod);

      const diagnosis = await expectUnchanged(node, () => doctor());
      expect(problems(diagnosis)).toEqual([]);
      expect(diagnosis.findings).toContainEqual(
        expect.objectContaining({ check: 'eni', level: 'ok', evidence: 'in order: 2 free, 1 used' }),
      );
      for (const check of ['settings', 'state', 'directory', 'lock', 'program', 'permissions', 'udev', 'rp_filter'])
        expect(diagnosis.findings.map((each) => each.check)).toContain(check);
    });

    it('says so to a person, in words and without colour when piped', async () => {
      const { code, stdout, stderr } = await node.enim(['doctor']);

      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(`✔ ok       settings     ${node.configFile}: valid\n`);
      expect(stdout.trimEnd().split('\n')[0]).toMatch(/^no problems/);
      expect(stdout).not.toContain('\u001b');
    });

    it('has nothing to mend', async () => {
      const diagnosis = await expectUnchanged(node, () => doctor(['--fix']));
      expect(diagnosis.fixed).toEqual([]);
    });

    it('makes no directory, unless it is told to mend', async () => {
      rmSync(node.stateDir, { recursive: true });
      rmSync(node.runDir, { recursive: true });
      const missing = (await doctor()).findings.filter(({ check }) => check === 'directory');
      expect(missing.map(({ level, fixable }) => [level, fixable])).toEqual([
        ['warning', true],
        ['warning', true],
      ]);
      expect(statSync(node.stateDir, { throwIfNoEntry: false })).toBeUndefined();

      expect((await doctor(['--fix'])).fixed.map(({ subject }) => subject)).toEqual([node.stateDir, node.runDir]);
      for (const directory of [node.stateDir, node.runDir]) expect(statSync(directory).mode & 0o777).toBe(0o700);
    });
  });

  it('works with broken settings, and says what is wrong with them', async () => {
    node.writeSettings({ provider: 'nobody', lockWait: -1 });

    const [problem, ...others] = problems(await doctor());
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ check: 'settings', subject: node.configFile });
    expect(problem?.evidence).toMatch(/provider.*lockWait|lockWait.*provider/);
    expect((await node.enim(['doctor'])).stdout).toContain('✘ problem  settings');
  });

  it('finds a damaged state, leaves it alone, and mends it when told to', async () => {
    const orphaned = await node.pod('web-1');
    await add(node, 'default/web-0', pod);
    await add(node, 'default/web-1', orphaned);
    node.writeState('{');

    const before = await expectUnchanged(node, () => doctor());
    expect(problems(before)).toMatchObject([{ check: 'state', subject: node.stateFile, fixable: true }]);

    const after = await doctor(['--fix']);
    expect(problems(after)).toEqual([]);
    expect(after.fixed[0]).toMatchObject({ subject: node.stateFile, error: null });
    expect(after.findings).toContainEqual(
      expect.objectContaining({ check: 'state', level: 'warning', subject: expect.stringContaining('damaged') }),
    );
    expect((await list(node)).map(({ state }) => state)).toEqual(['used', 'used', 'free']);
  });

  it('finds an orphan, names the command that mends it, and mends it with --fix', async () => {
    const before = await node.kernelState();
    await add(node, 'default/web-0', pod);
    await node.simulateCardReturn(pod, 'eth0', 'dev7');

    const diagnosis = await expectUnchanged(node, () => doctor());
    expect(problems(diagnosis)).toEqual([
      {
        check: 'eni',
        level: 'problem',
        subject: node.eni(0).id,
        evidence: expect.stringMatching(/netns .* is gone; NIC is home as dev7; name dev7 → eni0/),
        consequence: 'nobody can use it',
        mend: 'enim gc',
        fixable: true,
      },
    ]);
    const { code, stdout } = await node.enim(['doctor']);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`✘ problem {2}eni +${node.eni(0).id}: .*\n +consequence: .*\n +mend: enim gc\n`));
    expect(stdout).toMatch(/^1 problem(, \d+ warnings?)?; some can be mended by: enim doctor --fix$/m);

    const mended = await doctor(['--fix']);
    expect(mended).toMatchObject({ problems: 0, fixed: [{ subject: node.eni(0).id, error: null }] });
    expect((await node.kernelState()).home).toEqual(before.home);
    expect(await show(node, node.eni(0))).toMatchObject({ state: 'free' });
  });

  it('names a stopped process that holds a lock, and how to let it go on', async () => {
    const path = join(node.runDir, 'state.lock');
    const script = 'exec 9>>"$0" && flock 9 && echo "pid $$ (enim add default/web-9)" >&9 && exec sleep 600';
    const holder = node.start(['sh', '-c', script, path]);
    await eventually('that the lock is held', async () => (await run('flock', ['-n', path, 'true'])).code !== 0);
    await eventually('that it is signed', () => statSync(path).size > 0);
    expect((await doctor()).findings).toContainEqual(
      expect.objectContaining({ check: 'lock', level: 'ok', evidence: expect.stringContaining(`pid ${holder.pid} `) }),
    );
    holder.kill('SIGSTOP');

    const found = await eventually('that it is stopped', async () => {
      const lock = problems(await doctor()).find(({ check }) => check === 'lock');
      return lock ?? false;
    });
    expect(found).toMatchObject({ subject: path, mend: `kill -CONT ${holder.pid}` });
    expect(found.evidence).toMatch(/^held for \d+s by pid \d+ \(enim add default\/web-9\), which is stopped$/);
  });

  it('finds that "flock" is missing', async () => {
    const found = problems(await doctor([], { via: ['env', 'PATH=/nonexistent'] }));
    expect(found.map(({ check, subject, mend }) => [check, subject, mend])).toEqual([
      ...['flock', 'setpriv'].map((name) => ['program', name, 'apt-get install util-linux']),
    ]);
  });

  it('finds a state directory that cannot be written to', async () => {
    // Its owner may not, and nobody else may anything.
    await run('chown', ['65534', node.stateDir]);
    const found = problems(await doctor([], { via: WITHOUT_PRIVILEGE }));
    expect(found.map(({ check }) => check)).toContain('directory');
    expect(problems(await doctor())).toEqual([]);
  });

  it('finds a full disk', async () => {
    await node.mountStateDir('64k');
    writeFileSync(join(node.stateDir, 'filler'), Buffer.alloc(60_000));
    expect(problems(await doctor())).toMatchObject([
      { check: 'directory', subject: node.stateDir, evidence: expect.stringContaining('full') },
    ]);
  });

  it('removes files that a killed writer left, once they are old', async () => {
    await add(node, 'default/web-0', pod);
    const [old, young] = ['state.json.new', 'state.previous.json.new'].map((name) => join(node.stateDir, name)) as [
      string,
      string,
    ];
    for (const path of [old, young]) writeFileSync(path, '');
    utimesSync(old, new Date(0), new Date(0));

    expect((await doctor()).findings).toContainEqual(
      expect.objectContaining({ check: 'unfinished', level: 'warning', subject: old }),
    );
    expect((await doctor(['--fix'])).fixed).toEqual([{ subject: old, done: 'removed', error: null }]);
    expect(readdirSync(node.stateDir)).toContain('state.previous.json.new');
    expect(readdirSync(node.stateDir)).not.toContain('state.json.new');
  });

  it('with a state of a newer enim leads to that one, for --fix does not help', async () => {
    node.writeState(JSON.stringify({ version: 99 }));
    const found = problems(await doctor());
    expect(found.map(({ mend }) => mend)).not.toContain('enim doctor --fix');
    const mend = expect.stringMatching(/^which -a enim/);
    expect(found).toContainEqual(expect.objectContaining({ check: 'state', mend }));
    expect((await doctor()).findings).toContainEqual(expect.objectContaining({ check: 'eni', mend }));
  });

  it('without any privilege says what is lacking', async () => {
    const via = [
      'setpriv',
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      '--inh-caps=-all',
      '--bounding-set=-all',
    ];
    await run('chmod', ['0755', node.dir]);
    expect(problems(await doctor([], { via }))).toContainEqual(
      expect.objectContaining({ check: 'permissions', mend: 'sudo enim doctor' }),
    );
  });
});
