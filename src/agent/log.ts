/** The agent's log: JSON, a line each, on standard error. The same words again and again are held back and counted. */
import type { Log } from '../log.js';
import { isLogged, type LogLevel } from '../model/loglevel.js';

interface AgentLogSettings {
  /** The least that is written, asked for with each line. */
  readonly level: () => LogLevel;
  readonly clock: () => Date;
  readonly write: (text: string) => void;
}

/** Lines of the same words in so many milliseconds. */
const BURST = 20;
const WINDOW_MS = 10_000;

interface Window {
  readonly since: number;
  lines: number;
}

/** The clock may have been set back meanwhile. */
function isOpen({ since }: Window, now: number): boolean {
  return Math.abs(now - since) < WINDOW_MS;
}

export function createAgentLog({ level, clock, write }: AgentLogSettings): Log {
  const windows = new Map<string, Window>();

  /** How many lines of these words were held back before this one; undefined if it is held back as well. */
  const heldBack = (words: string, now: number): number | undefined => {
    const window = windows.get(words);
    if (window !== undefined && isOpen(window, now)) {
      window.lines += 1;
      return window.lines > BURST ? undefined : 0;
    }
    for (const [each, other] of windows) if (!isOpen(other, now) && other.lines <= BURST) windows.delete(each);
    windows.set(words, { since: now, lines: 1 });
    return Math.max(0, (window?.lines ?? 0) - BURST);
  };

  return (each, message, fields = {}) => {
    if (!isLogged(each, level())) return;
    const now = clock();
    const suppressed = heldBack(`${each} ${message}`, now.getTime());
    if (suppressed === undefined) return;
    const line = {
      time: now.toISOString(),
      level: each,
      message,
      ...fields,
      ...(suppressed > 0 ? { suppressed } : {}),
    };
    write(`${JSON.stringify(line)}\n`);
  };
}
