import { closeSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createPrograms, type Programs } from '../src/exec.js';
import { eventually } from './fabric/poll.js';
import { enimErrorOf } from './model/thrown.js';
import { useTemporaryDirectories } from './store/temporary.js';

const temporary = useTemporaryDirectories();
const programs = createPrograms(20_000);
const opened: number[] = [];
afterEach(() => {
  for (const fd of opened.splice(0)) closeSync(fd);
});

/** A file of our own, open. */
function openFile(): { fd: number; path: string } {
  const path = join(temporary(), 'held');
  const fd = openSync(path, 'a');
  opened.push(fd);
  return { fd, path };
}
/** A program that names what it has open. */
const DESCRIPTORS = ['-c', 'cd /proc/$$/fd; for fd in *; do echo "$fd $(readlink $fd)"; done'] as const;
/** Which of our own files are among them; what this test was itself started with does not count. */
const heldFiles = (stdout: string): string[] => stdout.split('\n').filter((line) => line.endsWith('/held'));

/** Starts a program that does not answer in time, and says its PID when it was killed. */
async function late(start: (programs: Programs, script: string) => Promise<unknown>): Promise<void> {
  const directory = temporary();
  const script = `touch "${directory}/$$"; exec sleep 60`;
  const error = await enimErrorOf(() => start(createPrograms(300), script));
  expect([error.code, error.message]).toEqual([
    'TOOL_TIMEOUT',
    `"sh -c ${script}" gave no answer within 0.3 s and was killed.`,
  ]);
  const [pid] = readdirSync(directory);
  await eventually(`the end of ${pid}`, () => !isAlive(Number(pid)));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('run', () => {
  it('gives what a program printed, and its exit code, for the caller to judge', async () => {
    expect(await programs.run('sh', ['-c', 'echo out; echo err >&2; exit 7'])).toEqual({
      ...{ code: 7, stdout: 'out\n', stderr: 'err\n' },
    });
  });

  it('gives all of a long output, and does not break characters', async () => {
    const { stdout } = await programs.run('sh', ['-c', 'yes ä€ | head -n 200000']);
    expect(stdout).toBe('ä€\n'.repeat(200_000));
  });

  it('passes arguments on as they are, never through a shell', async () => {
    const args = ['$(id)', 'a b', '', '"', '*', ';true'];
    expect((await programs.run('printf', ['%s\n', ...args])).stdout).toBe(`${args.join('\n')}\n`);
  });

  it('has no exit code for what a signal ended', async () => {
    expect(await programs.run('sh', ['-c', 'kill -TERM $$'])).toEqual({ code: null, stdout: '', stderr: '' });
  });

  it('writes the input, and closes it', async () => {
    expect((await programs.run('cat', [], { input: 'a\nä' })).stdout).toBe('a\nä');
    expect((await programs.run('cat', [], { input: '' })).stdout).toBe('');
  });

  it('gives no input unless told: nothing of ours', async () => {
    expect((await programs.run('sh', ['-c', 'cat; readlink /proc/$$/fd/0'])).stdout).toBe('/dev/null\n');
  });

  it('does not mind a program that does not read its input', async () => {
    expect((await programs.run('true', [], { input: 'x'.repeat(1_000_000) })).code).toBe(0);
  });

  it('gives our environment with messages in English, or just what it is told', async () => {
    const { stdout } = await programs.run('env', []);
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['LC_ALL=C', `PATH=${process.env.PATH}`]));
    expect(
      (await programs.run('env', [], { env: { PATH: process.env.PATH, A: 'b' } })).stdout.split('\n').sort(),
    ).toEqual([...['', 'A=b', `PATH=${process.env.PATH}`]]);
  });

  it('says what is missing, and its package where that is known', async () => {
    const error = await enimErrorOf(() => programs.run('enim-test-none', ['x']));
    expect([error.code, error.message, error.hint]).toEqual([
      ...['TOOL_MISSING', 'The program "enim-test-none" is missing from PATH.', 'install enim-test-none'],
    ]);
    const known = await enimErrorOf(() => programs.run('ip', [], { env: { PATH: '/nowhere' } }));
    expect([known.code, known.hint]).toEqual(['TOOL_MISSING', 'apt-get install iproute2']);
  });

  it('says why a program that is there could not be started', async () => {
    const error = await enimErrorOf(() => programs.run('/dev/null', []));
    expect([error.code, error.message]).toEqual([
      ...['TOOL_MISSING', 'The program "/dev/null" could not be started: EACCES.'],
    ]);
  });

  it('kills what gives no answer in time', async () => {
    await late(({ run }, script) => run('sh', ['-c', script]));
  });

  it('starts each program in a process group of its own, which Ctrl-C does not reach', async () => {
    const { stdout } = await programs.run('sh', ['-c', 'echo $$; cut -d" " -f5 /proc/$$/stat']);
    const [pid, group] = stdout.split('\n');
    expect(group).toBe(pid);
  });

  it('hands on the descriptors that it is told to, and no other', async () => {
    const { fd, path } = openFile();
    openFile();
    const { stdout } = await programs.run('sh', DESCRIPTORS, { keepOpen: [fd] });
    expect(heldFiles(stdout)).toEqual([`3 ${path}`]);
    expect(heldFiles((await programs.run('sh', DESCRIPTORS)).stdout)).toEqual([]);
  });

  it('goes by itself for each of many at once', async () => {
    const numbers = Array.from({ length: 20 }, (_, number) => String(number));
    const outcomes = await Promise.all(numbers.map((number) => programs.run('echo', [number])));
    expect(outcomes.map(({ stdout }) => stdout.trim())).toEqual(numbers);
  });
});

describe('converse', () => {
  it('answers by lines, as often as it is asked', async () => {
    const cat = programs.converse('cat', []);
    expect(await cat.ask('one\n', 1)).toEqual({ lines: ['one'], ended: null });
    expect(await cat.ask('two\nthree\n', 2)).toEqual({ lines: ['two', 'three'], ended: null });
    expect(await cat.ask('', 0)).toEqual({ lines: [], ended: null });
    await cat.end();
  });

  it('waits for whole lines, however they come', async () => {
    const slow = programs.converse('sh', [
      '-c',
      'read x; printf "a"; sleep 0.05; printf "b\\nc"; sleep 0.05; echo d; read y',
    ]);
    expect(await slow.ask('go\n', 2)).toEqual({ lines: ['ab', 'cd'], ended: null });
    await slow.end();
  });

  it('ends the program by the end of its input', async () => {
    const directory = temporary();
    const cat = programs.converse('sh', ['-c', `echo x; cat; touch "${directory}/done"`]);
    await cat.ask('', 1);
    await cat.end();
    expect(readdirSync(directory)).toEqual(['done']);
  });

  it('says how a program ended that ended early, with what it had printed by then', async () => {
    const early = programs.converse('sh', ['-c', 'read x; echo one; echo oh >&2; exit 3']);
    expect(await early.ask('go\n', 5)).toEqual({
      lines: ['one'],
      ended: { code: 3, stdout: 'one\n', stderr: 'oh\n' },
    });
    expect((await early.ask('again\n', 1)).ended).toMatchObject({ code: 3 });
    await early.end();
  });

  it('says what is missing to whoever asks; nobody asking is no crash', async () => {
    programs.converse('enim-test-none', []);
    const missing = programs.converse('enim-test-none', []);
    expect((await enimErrorOf(() => missing.ask('x\n', 1))).code).toBe('TOOL_MISSING');
    expect((await enimErrorOf(() => missing.end())).code).toBe('TOOL_MISSING');
  });

  it('kills what gives no answer in time', async () => {
    await late(({ converse }, script) => converse('sh', ['-c', script]).ask('x\n', 1));
  });

  it('kills what does not end in time', async () => {
    await late(({ converse }, script) => converse('sh', ['-c', script]).end());
  });

  it('hands on the descriptors that it is told to, and no other', async () => {
    const { fd, path } = openFile();
    openFile();
    const [option, script] = DESCRIPTORS;
    const holder = programs.converse('sh', [option, `(${script}) | grep /held; echo end; cat`], { keepOpen: [fd] });
    expect(await holder.ask('', 2)).toEqual({ lines: [`3 ${path}`, 'end'], ended: null });
    await holder.end();
  });

  it('keeps a descriptor that was handed on open after we have closed it: a lock lasts as long as the work', async () => {
    const path = join(temporary(), 'lock');
    const fd = openSync(path, 'a');
    expect((await programs.run('flock', ['-xn', '3'], { keepOpen: [fd] })).code).toBe(0);
    const holder = programs.converse('cat', [], { keepOpen: [fd] });
    await holder.ask('x\n', 1);
    closeSync(fd);
    const isFree = async (): Promise<boolean> => (await programs.run('flock', ['-n', path, 'true'])).code === 0;
    expect(await isFree()).toBe(false);
    await holder.end();
    expect(await isFree()).toBe(true);
  });
});
