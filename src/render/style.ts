/** Colour, only where a person sees it and has not declined it (https://no-color.org). */
import { Chalk, type ChalkInstance } from 'chalk';

/** The part of a stream that decides. */
export interface Terminal {
  readonly isTTY?: boolean;
}

/** Colours for what is written to `stream`; they add nothing unless it is a terminal and NO_COLOR is unset or empty. */
export function styleFor(stream: Terminal, env: NodeJS.ProcessEnv): ChalkInstance {
  const colourful = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  return new Chalk({ level: colourful ? 1 : 0 });
}
