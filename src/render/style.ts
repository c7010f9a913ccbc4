/** Width and colour, only where a person sees them; colour if that was not declined (https://no-color.org). */
import { Chalk, type ChalkInstance } from 'chalk';

/** The part of a stream that decides. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** How wide a terminal is taken to be that does not say. */
const USUAL_WIDTH = 80;

/** Columns of the terminal that `stream` leads to; null where it leads elsewhere, so that nothing is folded for programs. */
export function widthOf({ isTTY, columns }: Terminal): number | null {
  return isTTY === true ? columns || USUAL_WIDTH : null;
}

/** Colours for what is written to `stream`; they add nothing unless it is a terminal and NO_COLOR is unset or empty. */
export function styleFor(stream: Terminal, env: NodeJS.ProcessEnv): ChalkInstance {
  const colourful = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  return new Chalk({ level: colourful ? 1 : 0 });
}
