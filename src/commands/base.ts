/** What all commands have in common: `--json`, `--config`, `--debug`, and where their settings and drivers come from. */
import { Command, Flags } from '@oclif/core';
import type { Locations } from '../config/locations.js';
import { type Context, createContext, createPatient } from '../context.js';
import type { Patient } from '../manager/doctor/patient.js';
import { EnimError } from '../model/errors.js';
import { usageError } from './usage.js';

/** The parsed base flags. */
interface BaseFlags {
  readonly config: string | undefined;
}

/** A command of enim. `run` prints for people by `show` or `log`, and returns the document that `--json` prints instead. */
export abstract class EnimCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    config: Flags.string({
      helpGroup: 'GLOBAL',
      helpValue: 'PATH',
      env: 'ENIM_CONFIG',
      description: 'the settings, instead of /etc/enim/config.json',
    }),
    debug: Flags.boolean({ helpGroup: 'GLOBAL', description: 'show the stack trace of an error' }),
  };

  /**
   * Reads the settings and puts the drivers together.
   *
   * @param purpose what this process does, for those who wait for its locks: `add default/web-0`
   * @throws EnimError INVALID_CONFIG
   */
  protected open(flags: BaseFlags, purpose: string): Context {
    return createContext({
      env: process.env,
      overrides: this.overrides(flags),
      purpose: `enim ${purpose}`,
      warn: (message) => this.warn(message),
    });
  }

  /** The node, to be examined; unlike `open` it works with whatever is wrong. */
  protected patient(flags: BaseFlags, purpose: string): Promise<Patient> {
    return createPatient({
      env: process.env,
      overrides: this.overrides(flags),
      purpose: `enim ${purpose}`,
      warn: (message) => this.warn(message),
    });
  }

  /**
   * What the flags say about where things are.
   *
   * @throws EnimError INVALID_ARGUMENT for a variable of a script that was empty: other settings are not what was meant
   */
  protected overrides({ config }: BaseFlags): Partial<Locations> {
    if (config === '') {
      throw new EnimError('INVALID_ARGUMENT', '--config is "", which is no path.', {
        hint: 'give the path of the settings, or leave --config out: enim config path',
      });
    }
    return config === undefined ? {} : { config };
  }

  /** Columns of the terminal; null where the output goes elsewhere, so that nothing is folded for programs. */
  protected width(): number | null {
    return process.stdout.isTTY ? process.stdout.columns : null;
  }

  /** Prints for people. With `--json` the text is not even made: laying out a long table takes its time. */
  protected show(render: () => string): void {
    if (!this.jsonEnabled()) this.log(render());
  }

  /** A line on stderr, with `--json` too. */
  override warn<T extends Error | string>(input: T): T {
    process.stderr.write(`warning: ${input instanceof Error ? input.message : input}\n`);
    return input;
  }

  /** oclif would print the error and choose the exit code here; the command line does both, for all errors alike. */
  protected override catch(thrown: unknown): never {
    const command = this.ctor;
    const flags = ['json', ...Object.keys({ ...command.baseFlags, ...command.flags })];
    throw usageError(thrown, { command: command.id.replaceAll(':', ' '), flags }) ?? thrown;
  }
}
