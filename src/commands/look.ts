/** What the commands have in common that only look: `--from-bundle` has them look at another node, as it was when a bundle was made of it. */
import { Flags } from '@oclif/core';
import { listenForChanges } from '../compose/changes.js';
import type { Context } from '../compose/context.js';
import type { Replay } from '../compose/replay.js';
import type { Changes } from '../manager/changes.js';
import type { Patient } from '../manager/doctor/patient.js';
import { type BaseFlags, EnimCommand } from './base.js';

/** The parsed flags of commands that only look. */
interface LookFlags extends BaseFlags {
  readonly 'from-bundle': string | undefined;
}

/** What there is to look at: this node, or another one as it was. */
export interface Scene extends Pick<Context, 'locations' | 'parts'> {
  /** Begins to tell when it is worth to look again. */
  changes(settle: number, signal: AbortSignal): Changes;
}

/**
 * The flag of commands that only look.
 *
 * @param exclusive flags of theirs that make no sense with it
 */
export function bundleFlag(exclusive: string[] = []) {
  return Flags.string({
    helpValue: 'FILE',
    exclusive,
    description: 'look at the node as it was when this bundle was made: enim support-bundle',
  });
}

/** A command that only looks. */
export abstract class LookCommand extends EnimCommand {
  /**
   * The node that is to be looked at: this one, or the one of a bundle.
   *
   * @throws EnimError as `open`, and as `openBundle`
   */
  protected async look(flags: LookFlags, purpose: string): Promise<Scene> {
    const bundle = flags['from-bundle'];
    if (bundle !== undefined) return this.replay(bundle);
    const context = this.open(flags, purpose);
    const { stateDir } = context.locations;
    return { ...context, changes: (settle, signal) => listenForChanges(stateDir, settle, signal) };
  }

  /** The node, or the one of a bundle, to be examined. */
  protected override async patient(flags: LookFlags, purpose: string): Promise<Patient> {
    const bundle = flags['from-bundle'];
    return bundle === undefined ? super.patient(flags, purpose) : (await this.replay(bundle)).patient;
  }

  private async replay(path: string): Promise<Replay> {
    const { openBundle } = await import('../compose/replay.js');
    return openBundle(path, (message) => this.warn(message));
  }
}
