/**
 * What must be undone, latest first, when an operation fails. It stops at the first step that cannot be undone: an ENI whose NIC
 * did not come home must stay recorded and must not be given back.
 */
import { EnimError, messageOf } from '../model/errors.js';

/** A stack of steps back. */
export class Undo {
  readonly #steps: { readonly name: string; readonly back: (thrown: unknown) => Promise<unknown> }[] = [];

  /**
   * @param name what the step does, as in "could not … "
   * @param back is given what made it necessary
   */
  push(name: string, back: (thrown: unknown) => Promise<unknown>): void {
    this.#steps.push({ name, back });
  }

  /** Undoes everything, and returns the first error with whatever could not be undone hung on it. */
  async after(thrown: unknown): Promise<unknown> {
    for (const { name, back } of this.#steps.splice(0).reverse()) {
      try {
        await back(thrown);
      } catch (second) {
        const detail = `Then it was impossible to ${name}: ${messageOf(second)} It stays recorded; "enim gc" finishes it.`;
        return thrown instanceof EnimError
          ? thrown.with([detail])
          : new Error(`${messageOf(thrown)} ${detail}`, { cause: thrown });
      }
    }
    return thrown;
  }
}
