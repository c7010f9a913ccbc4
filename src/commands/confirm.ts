/** Asking a person before something that cannot be taken back. */
import { createInterface } from 'node:readline';

/** Whether there is a person to ask. */
export function isAttended(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/** Asks on the terminal; anything but a yes is a no, also Ctrl-C and the end of the input. */
export function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  return new Promise((resolve) => {
    terminal.once('SIGINT', () => terminal.close());
    terminal.once('close', () => {
      if (isOpen) process.stdout.write('\n');
      resolve(false);
    });
    let isOpen = true;
    terminal.question(`${question} [y/N] `, (answer) => {
      isOpen = false;
      resolve(/^y(es)?$/i.test(answer.trim()));
      terminal.close();
    });
  });
}
