/** Asking a person before something that cannot be taken back; `--yes` is the answer of those who cannot be asked. */
import { createInterface } from 'node:readline';
import { Flags } from '@oclif/core';
import { EnimError } from '../model/errors.js';
import { folded } from '../render/fold.js';
import { widthOf } from '../render/style.js';

/** The flag of all commands that ask. */
export const yesFlag = Flags.boolean({ char: 'y', default: false, description: 'do not ask' });

/** Whether there is a person to ask. */
export function isAttended(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/** That somebody would have to be asked, and cannot be. */
export function unattended(consequence: string): EnimError {
  return new EnimError('UNSAFE', `${consequence}, and without a terminal nobody can be asked about that.`, {
    hint: 'if that may be, repeat it with --yes',
  });
}

/** That a person did not want it. */
export function declined(hint: string): EnimError {
  return new EnimError('UNSAFE', 'It was not confirmed; nothing was changed.', { hint });
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
    terminal.question(`${folded(`${question} [y/N]`, widthOf(process.stdout))} `, (answer) => {
      isOpen = false;
      resolve(/^y(es)?$/i.test(answer.trim()));
      terminal.close();
    });
  });
}
