/**
 * Where a test can kill us: each step that is seen outside of this process (a program, a file, a lock) passes here. `ENIM_FAILPOINT`
 * says what happens: a number ends the process by SIGKILL at that step, counted from 1; `count` prints at the end how many steps
 * there were; `trace` prints each. What we have started lives on, as it does when the kernel or a runtime kills us.
 */
import { writeSync } from 'node:fs';

type Reach = (what: string, subject: string) => void;

let reach: Reach | undefined;

/**
 * Passes a step, or dies at it.
 *
 * @param what the moment: `start` before a program is started, `started` after it
 * @param subject the program, file or lock
 */
export function failpoint(what: string, subject: string): void {
  reach ??= create(process.env.ENIM_FAILPOINT);
  reach(what, subject);
}

function create(setting: string | undefined): Reach {
  let count = 0;
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
