/** The words of a support bundle: its files, and what it says of the node as a whole. */
import type { Answer } from './answer.js';

/** A part of the node that could not be read when the bundle was made. */
export interface Missing {
  /** Name of its file in the bundle, or a path. */
  readonly part: string;
  /** As a sentence. */
  readonly reason: string;
}

/** Files of a bundle that are read again; all others are for people. */
export const FILES = {
  node: 'node.json',
  host: 'host.json',
  provider: 'provider.json',
  state: 'state/record.json',
  home: 'kernel/home.json',
  netns: 'kernel/netns.json',
  hardware: 'kernel/hardware.json',
} as const;

/** Where the texts of the state's own files go. */
export const STATE_FILES = 'state/';

/** Where each netns has its file, by its inode. */
export const NETNS_FILES = 'kernel/netns/';

/** Where a path was taken from. */
export type Source = 'flag' | 'environment' | 'default';

/** The node as a whole. */
export interface NodeRecord {
  /** Absolute paths. */
  readonly config: string;
  readonly stateDir: string;
  readonly runDir: string;
  readonly sources: { readonly config: Source; readonly stateDir: Source; readonly runDir: Source };
  /** Of the files that keep the node's agents from the ENIs. */
  readonly dropIns: readonly string[];
  /** What the settings came to: the name of the network, and the boot; or why there were none. */
  readonly open: Answer<{ readonly bootID: string; readonly network: string }>;
  /** Of the variables that enim reads, those that were set. */
  readonly environment: readonly (readonly [string, string])[];
}
