/** Chunks of text to lines, of which none is longer than what is allowed. Pure but for what it keeps: the line that is not over yet. */
import { failure } from './failure.js';

/** In characters. An object in etcd has at most 1.5 MiB. */
const LONGEST_LINE = 4 * 1024 * 1024;

/**
 * @param tell told of each line that is not empty, without its end
 * @returns takes the next chunk
 * @throws Error EMSGSIZE for a line that is too long
 */
export function splitLines(tell: (line: string) => void, longest = LONGEST_LINE): (chunk: string) => void {
  let parts: string[] = [];
  let length = 0;
  return (chunk) => {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      length += end - from;
      if (length > longest) throw failure('EMSGSIZE');
      const line = parts.join('') + chunk.slice(from, end);
      parts = [];
      length = 0;
      from = end + 1;
      if (line !== '') tell(line);
    }
    length += chunk.length - from;
    if (length > longest) throw failure('EMSGSIZE');
    if (from < chunk.length) parts.push(chunk.slice(from));
  };
}
