/**
 * Messages on a stream of bytes: a mark, the version of the framing, a length, and so many bytes of JSON. Whatever comes from the other
 * side is bounded before it is kept. Pure.
 */

/** `ENI`, so that whatever else talks to the socket is known by its first bytes; then the version. */
const MARK = Buffer.from('ENI\x01', 'latin1');

const HEADER = MARK.length + 4;

/** Bytes of JSON that a request may have. A network configuration has a few thousand. */
export const LIMIT = 2 ** 20;

/** That the other side speaks something else. */
class FrameError extends Error {}

/** The bytes of a message. */
export function encode(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const header = Buffer.alloc(HEADER);
  MARK.copy(header);
  header.writeUInt32BE(body.length, MARK.length);
  return Buffer.concat([header, body]);
}

/** Puts messages together from the pieces in which they come. */
export class FrameReader {
  readonly #limit: number;
  #rest: Buffer = Buffer.alloc(0);

  /** @param limit bytes of JSON that a message may have */
  constructor(limit = LIMIT) {
    this.#limit = limit;
  }

  /**
   * Takes the next piece.
   *
   * @returns the messages that are whole by now
   * @throws FrameError for what is no message, as soon as that can be told
   */
  push(piece: Uint8Array): unknown[] {
    this.#rest = Buffer.concat([this.#rest, piece]);
    const messages: unknown[] = [];
    for (;;) {
      const length = this.#length();
      if (length === undefined || this.#rest.length < HEADER + length) return messages;
      messages.push(parse(this.#rest.subarray(HEADER, HEADER + length)));
      this.#rest = this.#rest.subarray(HEADER + length);
    }
  }

  /** Of the message that begins here; undefined if that is not known yet. */
  #length(): number | undefined {
    const mark = this.#rest.subarray(0, MARK.length);
    if (!mark.equals(MARK.subarray(0, mark.length))) throw new FrameError('it is no message of this version');
    if (this.#rest.length < HEADER) return undefined;
    const length = this.#rest.readUInt32BE(MARK.length);
    if (length > this.#limit) throw new FrameError(`a message has ${length} bytes; at most ${this.#limit} may be`);
    return length;
  }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw new FrameError('a message is not JSON');
  }
}
