/** How much a log says. */

/** From the worst to the least. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether a log that says so much has a line of this level. */
export function isLogged(line: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(line) <= LOG_LEVELS.indexOf(least);
}
