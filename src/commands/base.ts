/** What all commands have in common: `--json`, `--config`, `--debug`, and where their settings and drivers come from. */
import { Command, Flags } from '@oclif/core';
import { type Context, createContext } from '../compose/context.js';
import { createPatient } from '../compose/patient.js';
import type { Locations } from '../config/locations.js';
import type { Patient } from '../manager/doctor/patient.js';
import type { Parts } from '../manager/parts.js';
import { EnimError } from '../model/errors.js';
import { folded } from '../render/fold.js';
import { widthOf } from '../render/style.js';
import { visible } from '../render/visible.js';
import { confirm, isAttended } from './confirm.js';
import { isWatched, type Progress, startProgress, UNSEEN } from './progress.js';
import { usageError } from './usage.js';

/** The parsed base flags. */
export interface BaseFlags {
  readonly config: string | undefined;
}

/** A command of enim. `run` prints for people by `show` or `log`, and returns the document that `--json` prints instead. */
export abstract class EnimCommand extends Command {
  /** Whether it makes the settings itself. */
  protected mayLackSettings = false;

  /** What a person sees while it takes its time. */
  protected progress: Progress = UNSEEN;

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
    this.begin(purpose);
    return createContext({
      mayLackSettings: this.mayLackSettings,
      env: process.env,
      overrides: this.overrides(flags),
      purpose: `enim ${purpose}`,
      warn: (message) => this.warn(message),
      waits: (what) => this.progress.waits(what),
    });
  }

  /** The node, to be examined; unlike `open` it works with whatever is wrong. */
  protected async patient(flags: BaseFlags, purpose: string): Promise<Patient> {
    this.begin(purpose);
    return createPatient({
      env: process.env,
      overrides: this.overrides(flags),
      purpose: `enim ${purpose}`,
      warn: (message) => this.warn(message),
      waits: (what) => this.progress.waits(what),
    });
  }

  /** Its sleep, so that whoever watches is told what for. */
  protected sleeping({ sleep }: Pick<Parts, 'sleep'>, what: string): Parts['sleep'] {
    return (milliseconds, signal) => sleep(milliseconds, signal).finally(this.progress.waits(() => what));
  }

  /** From now on a person is told what it does, if it takes its time. */
  protected begin(purpose: string): void {
    if (!this.jsonEnabled() && isWatched(process.stderr, process.env))
      this.progress = startProgress(`enim ${purpose}`, process.stderr);
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
    return widthOf(process.stdout);
  }

  /** Prints for people, no wider than their terminal. With `--json` the text is not even made: a long table takes its time. */
  protected show(render: () => string): void {
    if (!this.jsonEnabled()) this.log(folded(render(), this.width()));
  }

  /** Prints what programs read as well, as it is. */
  protected showWhole(render: () => string): void {
    if (!this.jsonEnabled()) this.log(render());
  }

  /** On stdout; the line about progress goes first. */
  override log(text: string): void {
    this.progress.stop();
    super.log(text);
  }

  /** A line on stderr, with `--json` too. */
  override warn<T extends Error | string>(input: T): T {
    this.progress.stop();
    const text = visible(`warning: ${input instanceof Error ? input.message : input}`);
    process.stderr.write(`${folded(text, widthOf(process.stderr))}\n`);
    return input;
  }

  /** Asks a person; the line about progress goes first. */
  protected confirm(question: string): Promise<boolean> {
    this.progress.stop();
    return confirm(question);
  }

  /** Whether a person can be asked. */
  protected isAttended(): boolean {
    return isAttended() && !this.jsonEnabled();
  }

  protected override async finally(): Promise<void> {
    this.progress.stop();
  }

  /** oclif would print the error and choose the exit code here; the command line does both, for all errors alike. */
  protected override catch(thrown: unknown): never {
    const command = this.ctor;
    const flags = ['json', ...Object.keys({ ...command.baseFlags, ...command.flags })];
    throw usageError(thrown, { command: command.id.replaceAll(':', ' '), flags }) ?? thrown;
  }
}
