/**
 * The language in which links are looked at and changed: the commands of iproute2, for a plan that can be read can also be repeated
 * by hand. `iproute2.ts` has the program carry them out, `netlink/` asks the kernel without it.
 */
import { EnimError } from '../model/errors.js';

/** One `ip` command as its arguments, for example `['link', 'set', 'dev', 'eth0', 'up']`. */
export type IpCommand = readonly string[];

/** Where commands run: at home (our own netns), or in the netns that a path opens. */
export type Place = 'home' | { readonly path: string };

/**
 * Runs the commands in order, until the first that fails.
 *
 * @returns the documents of the commands that list something, in their order, as `ip -j -d` has them
 * @throws EnimError NOT_THERE if the netns cannot be entered, LINK_FAILED with the kernel's answer if a command failed
 */
export type Ip = (place: Place, commands: readonly IpCommand[], options?: IpOptions) => Promise<unknown[]>;

interface IpOptions {
  /** Goes on after a command that fails, whose document is undefined; whoever asks for it looks at the result afterwards. */
  readonly force?: boolean;
}

/** `ip` in any number of places, with what it takes to be there kept until all work is done. */
export interface IpSession {
  readonly ip: Ip;
  /** Readies these places for being asked. */
  prepare(places: readonly Place[]): void;
  /** Leaves all places, and waits for it. */
  close(): Promise<void>;
}

/** Whether a command prints a document, just one, on a line of its own; the others print nothing. */
export function isListing([, verb]: IpCommand): boolean {
  return verb === 'show' || verb === 'get';
}

/** That a netns cannot be entered; `reason` is a clause in parentheses, if anything is known. */
export function notEntered(path: string, reason?: string): EnimError {
  return new EnimError(
    'NOT_THERE',
    `The netns ${path} cannot be entered${reason === undefined ? '' : ` (${reason})`}.`,
  );
}

/** That a command failed, in the words of the kernel or of `ip`. */
export function commandFailed(place: Place, command: IpCommand, reason: string): EnimError {
  const where = place === 'home' ? 'at home' : `in netns ${place.path}`;
  const isDenied = /not permitted/i.test(reason);
  return new EnimError(
    isDenied ? 'NOT_PERMITTED' : 'LINK_FAILED',
    `"ip ${command.join(' ')}" ${where}: ${reason}.`,
    isDenied ? { hint: 'run enim as root' } : {},
  );
}
