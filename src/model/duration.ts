/** Durations as people write them (`2s`, `1m30s`, `500ms`) and as they read them (`3m`). */
import { EnimError } from './errors.js';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const TERM = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/**
 * Reads a duration into milliseconds. A bare `0` is allowed.
 *
 * @throws EnimError INVALID_ARGUMENT
 */
export function parseDuration(text: string, field: string): number {
  if (text === '0') return 0;
  const terms = [...text.matchAll(TERM)];
  if (terms.length === 0 || terms.map(([term]) => term).join('') !== text) {
    throw new EnimError('INVALID_ARGUMENT', `${field} is ${JSON.stringify(text)}, which is not a duration.`, {
      hint: 'write a number with its unit, for example 2s, 500ms or 1m30s',
    });
  }
  return terms.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS], 0);
}

/**
 * Of how often something is done, by a flag or by the settings, in milliseconds. Shorter pauses would be no pauses, and what is done
 * less often than daily is no timer's.
 */
export const INTERVALS = { shortest: 100, longest: UNIT_MS.d } as const;

/**
 * Reads how often something is to be done, in milliseconds.
 *
 * @throws EnimError INVALID_ARGUMENT
 */
export function parseInterval(text: string, field: string): number {
  const milliseconds = parseDuration(text, field);
  const { shortest, longest } = INTERVALS;
  if (milliseconds >= shortest && milliseconds <= longest) return milliseconds;
  const fault = milliseconds < shortest ? `shorter than ${shortest}ms` : 'longer than 24h';
  throw new EnimError('INVALID_ARGUMENT', `${field} is "${text}", which is ${fault}.`, { hint: `use ${field} 30s` });
}

/** The age of what is there since a time (ISO 8601). */
export function ageSince(since: string, now: Date): string {
  return formatAge(now.getTime() - Date.parse(since));
}

/** An age for a table: the largest unit alone, as kubectl prints it (`42s`, `3m`, `5h`, `12d`). */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 2 * 3_600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
