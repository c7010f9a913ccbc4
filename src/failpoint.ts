/**
 * Where a test can kill us, or have the disk fail: each step that is seen outside of this process (a program, a file, a lock) passes
 * here. `ENIM_FAILPOINT` says what happens: a number ends the process by SIGKILL at that step, counted from 1; `EIO:3` has the
 * third call on a file fail with that errno, `EIO:3-` that and all later ones; `count` prints at the end how many steps
 * there were; `trace` prints each. What we have started lives on, as it does when the kernel or a runtime kills us.
 */
import { writeSync } from 'node:fs';

type Reach = (what: string, subject: string, isCall: boolean) => void;

let reach: Reach | undefined;

/**
 * Passes a step, or dies at it.
 *
 * @param what the moment: `start` before a program is started, `started` after it
 * @param subject the program, file or lock
 */
export function failpoint(what: string, subject: string): void {
  reach ??= create(process.env.ENIM_FAILPOINT);
  reach(what, subject, false);
}

/**
 * The same just before a call on a file, which may be told to fail.
 *
 * @throws Error with an errno, as the call itself does
 */
export function fallible(what: string, subject: string): void {
  reach ??= create(process.env.ENIM_FAILPOINT);
  reach(what, subject, true);
}

function create(setting: string | undefined): Reach {
  let count = 0;
  const [, errno, first, dash] = /^(E[A-Z]+):(\d+)(-?)$/.exec(setting ?? '') ?? [];
  if (errno !== undefined) {
    return (what, subject, isCall) => {
      if (!isCall) return;
      count += 1;
      if (count === Number(first) || (dash === '-' && count > Number(first)))
        throw Object.assign(new Error(`${errno}: ${what} '${subject}'`), { code: errno });
    };
  }
  switch (setting) {
    case undefined:
    case '':
      return () => {};
    case 'count':
      process.once('exit', () => void writeSync(2, `failpoint: ${count} steps\n`));
      return () => {
        count += 1;
      };
    case 'trace':
      return (what, subject) => {
        count += 1;
        writeSync(2, `failpoint ${count}: ${what} ${subject}\n`);
      };
    default:
      return () => {
        count += 1;
        if (count === Number(setting)) process.kill(process.pid, 'SIGKILL');
      };
  }
}
