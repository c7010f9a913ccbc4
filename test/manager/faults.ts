/** Failures and deaths at every step of an operation on a machine in memory. */
import { EnimError } from '../../src/model/errors.js';
import { thrownBy } from '../model/thrown.js';
import type { Machine } from './machine.js';

/** What an injected failure throws. */
export const INJECTED = new EnimError('LINK_FAILED', 'It was made to fail.');

/** How many calls on the parts, and `ip` commands, an operation takes when nothing fails. */
export async function countSteps(
  make: () => Promise<Machine>,
  operation: (machine: Machine) => Promise<unknown>,
): Promise<{ calls: readonly string[]; commands: readonly string[] }> {
  const machine = await make();
  const commands: string[] = [];
  const check = machine.kernel.onCommand;
  machine.kernel.onCommand = (text, keepOpen) => {
    commands.push(text);
    check(text, keepOpen);
  };
  machine.calls.length = 0;
  await operation(machine);
  return { calls: [...machine.calls], commands };
}

/**
 * The process that runs the operation dies: before the call with this index, or after it was carried out, nothing that it does has
 * any effect, and its locks are gone.
 */
export async function dieAtCall(
  machine: Machine,
  index: number,
  when: 'before' | 'after',
  operation: (machine: Machine) => Promise<unknown>,
): Promise<void> {
  machine.calls.length = 0;
  const dead = (call: string, at: number): void => {
    if (at >= index) throw new Error(`dead at ${call}`);
  };
  machine.interference =
    when === 'before' ? { before: dead } : { after: dead, before: (call, at) => void (at > index && dead(call, at)) };
  await die(machine, operation);
}

/** The same before the `ip` command with this index: those before it in the same batch have been carried out. */
export async function dieAtCommand(
  machine: Machine,
  index: number,
  operation: (machine: Machine) => Promise<unknown>,
): Promise<void> {
  const check = machine.kernel.onCommand;
  let count = 0;
  machine.kernel.onCommand = (text, keepOpen) => {
    count += 1;
    if (count > index) throw new Error(`dead at ip ${text}`);
    check(text, keepOpen);
  };
  machine.interference = {
    before: (call) => {
      if (count > index) throw new Error(`dead at ${call}`);
    },
  };
  await die(machine, operation);
  machine.kernel.onCommand = check;
}

async function die(machine: Machine, operation: (machine: Machine) => Promise<unknown>): Promise<void> {
  await thrownBy(() => operation(machine));
  machine.locks.dropAll();
  machine.interference = {};
}
