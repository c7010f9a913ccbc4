/** The line that a terminal shows while a command takes its time. Pure. */
import { cut } from './narrow.js';
import { visible } from './visible.js';

/** What the line says. */
export interface Waiting {
  /** The command, or its step: `enim gc`. */
  readonly doing: string;
  /** What it waits for; null if it works. */
  readonly what: string | null;
  /** Milliseconds since it began. */
  readonly passed: number;
  /** Of the terminal. */
  readonly width: number;
}

const TURNS = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

/** Between two turns, in milliseconds. */
export const TURN_MS = 100;

/** `⠹ 3s, waiting for the lock of allocate, held by pid 4711 (enim add default/web-0)`, or `⠹ 3s, enim doctor`. */
export function renderWaiting({ doing, what, passed, width }: Waiting): string {
  const turn = TURNS[Math.floor(passed / TURN_MS) % TURNS.length];
  const text = what === null ? doing : `waiting for ${what}`;
  // Never two rows of the terminal, or it could not be wiped.
  return cut(`${turn} ${visible(`${Math.floor(passed / 1_000)}s, ${text}`)}`, width - 1);
}

/** Puts the line in the place of the one before. */
export function drawn(line: string): string {
  return `\r${line}\u001b[K`;
}

/** As if there had been no line. */
export const WIPE = '\r\u001b[K';
