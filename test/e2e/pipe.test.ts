import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { run } from '../fabric/exec.js';
import { describeEndToEnd, EXECUTABLE } from '../fabric/requirements.js';
import { useTemporaryDirectories } from '../store/temporary.js';

const O_NONBLOCK = 0o4000;

describeEndToEnd('a pipe that enim has written to', () => {
  it.each(['--version', 'list', 'nonsense'])(
    'still blocks whoever writes to it next: after enim %s',
    async (argument) => {
      const script = '{ "$0" "$1"; cat /proc/self/fdinfo/1 >&2; } | cat';

      const { stderr } = await run('sh', ['-c', script, EXECUTABLE, argument]);

      const flags = Number.parseInt(/^flags:\s*(\d+)$/m.exec(stderr)?.[1] ?? '', 8);
      expect(Number.isInteger(flags)).toBe(true);
      expect(flags & O_NONBLOCK).toBe(0);
    },
  );

  it('gets all that was written, from a reader that is slow', async () => {
    const script = '{ "$0" --help; "$0" gc --help; "$0" add --help; } | { sleep 1; cat; } | wc -c';

    const { stdout } = await run('sh', ['-c', script, EXECUTABLE]);

    const whole = await Promise.all(
      [['--help'], ['gc', '--help'], ['add', '--help']].map((args) => run(EXECUTABLE, args)),
    );
    expect(Number(stdout)).toBe(Buffer.byteLength(whole.map((each) => each.stdout).join('')));
  });
});

describeEndToEnd('what cannot be written to standard output', () => {
  const temporary = useTemporaryDirectories();

  it.each([['--help'], ['config', 'path'], ['config', 'path', '--json'], ['nonsense', '--json']])(
    'is an error, said on standard error: enim %s %s',
    async (...args) => {
      const { code, stderr } = await run('sh', ['-c', '"$0" "$@" > /dev/full', EXECUTABLE, ...args]);

      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(/^error: Standard output cannot be written: ENOSPC\.\n/),
      });
    },
  );

  it('is an error of a call by a container runtime, too', async () => {
    const script = 'echo \'{"cniVersion":"1.1.0","name":"n","type":"enim"}\' | CNI_COMMAND=VERSION "$0" > /dev/full';

    const { code, stderr } = await run('sh', ['-c', script, EXECUTABLE]);

    expect({ code, stderr }).toEqual({ code: 1, stderr: 'error: Standard output cannot be written: ENOSPC.\n' });
  });

  it('is an error of a watch, too, whose lines go out one by one', async () => {
    const directory = temporary();
    const config = join(directory, 'config.json');
    writeFileSync(config, '{"static":{"enis":[{"id":"eni-a","mac":"02:e0:aa:bb:cc:dd"}]}}');
    const env = ['CONFIG=config.json', 'STATE_DIR=state', 'RUN_DIR=run'].map((each) =>
      each.replace('=', `=${directory}/`),
    );
    const script = '"$0" list --watch > /dev/full';

    const { code, stderr } = await run('env', [...env.map((each) => `ENIM_${each}`), 'sh', '-c', script, EXECUTABLE]);

    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^error: Standard output cannot be written: ENOSPC\.\n/),
    });
  });

  it('is none where nobody reads it any more', async () => {
    const { stdout, stderr } = await run('bash', [
      '-c',
      '{ sleep 0.2; "$0" --help; echo "ended with $?" >&2; } | true',
      EXECUTABLE,
    ]);

    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: 'ended with 0\n' });
  });
});
