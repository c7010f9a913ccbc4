/** What can be seen of the machine besides links and state: files, processes, locks, rights. Looking changes nothing. */

/** What is at a path. */
export interface Entry {
  readonly kind: 'file' | 'directory' | 'other';
  /** Permission bits alone. */
  readonly mode: number;
  readonly modified: Date;
  /** Why we may not write to it, as errno; null if we may. */
  readonly unwritable: string | null;
  /** Bytes left on its file system. */
  readonly free: number;
}

/** A process. */
export interface Process {
  readonly pid: number;
  /** As the kernel has it: 15 characters at most. */
  readonly name: string;
  /** `R`, `S`, `D`, `T` (stopped), `t` (stopped by a debugger), `Z`, … */
  readonly state: string;
}

/** A kernel lock on a file that somebody has now. */
export interface HeldLock {
  readonly path: string;
  /** What its holder has written into it: `pid 4711 (enim gc)`; empty if nothing. */
  readonly sign: string;
  /** When that was written. */
  readonly since: Date;
  /** All processes that have it: the one that took it, and children that inherited it. */
  readonly holders: readonly Process[];
}

/** What a process may do. */
export interface Privileges {
  readonly uid: number;
  /** Whether it has a capability, by its number in linux/capability.h. */
  can(capability: number): boolean;
}

/** The machine. What changes it throws EnimError NOT_PERMITTED or INSTALL_FAILED. */
export interface Host {
  /** Undefined if nothing is there. Throws EnimError NOT_PERMITTED. */
  look(path: string): Entry | undefined;
  /** Undefined if there is no such file, or it may not be read. */
  read(path: string): string | undefined;
  /** Names in a directory, sorted; empty if there is none. */
  list(directory: string): readonly string[];
  processes(): readonly Process[];
  /** Locks on the files in a directory. */
  heldLocks(directory: string): readonly HeldLock[];
  /** Path of a program; undefined if PATH does not lead to it. */
  findProgram(name: string): string | undefined;
  /** What `ip -V` prints. */
  iproute2(): Promise<string>;
  /** Programs that enim starts here. */
  programs(): Promise<readonly string[]>;
  privileges(): Privileges;
  makeDirectory(path: string, mode: number): void;
  /** That there is none is success. */
  removeFile(path: string): void;
}
