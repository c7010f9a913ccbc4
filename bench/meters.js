/** What a call costs besides its time, with all processes that it starts: each meter wraps the call, and reads what that says. */
import { existsSync } from 'node:fs';

const TIME = '/usr/bin/time';
const NO_TIME = `peak memory cannot be measured: ${TIME} is missing; try: apt-get install time`;

/** Those that can measure here, with a word on those that cannot. */
export function metersHere() {
  const meters = existsSync(TIME) ? METERS : METERS.filter(({ program }) => program !== TIME);
  return { meters, notes: meters.length < METERS.length ? [NO_TIME] : [] };
}

const METERS = [
  {
    // GNU time rounds to 10 ms; Bash does not.
    name: 'CPU',
    share: 1,
    unit: 'ms',
    program: 'bash',
    wrap: (argv) => ['bash', '-c', 'TIMEFORMAT="%3U %3S"; time "$@"', 'bash', ...argv],
    read: (output) =>
      lastLine(output)
        .split(' ')
        .reduce((sum, seconds) => sum + Number(seconds) * 1_000, 0),
  },
  {
    // The largest of the process and all its descendants; hardly differs from call to call.
    name: 'memory',
    share: 5,
    unit: 'MiB',
    program: TIME,
    wrap: (argv) => [TIME, '-f', '%M', ...argv],
    read: (output) => Number(lastLine(output)) / 1024,
  },
];

function lastLine(output) {
  return output.trimEnd().split('\n').at(-1);
}
