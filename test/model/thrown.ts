/** What a call throws, for tests that look at all of it. */
import { EnimError } from '../../src/model/errors.js';

/** The EnimError that `call` throws or rejects with; that it throws none, or another error, is a failure. */
export async function enimErrorOf(call: () => unknown): Promise<EnimError> {
  const thrown = await thrownBy(call);
  if (thrown instanceof EnimError) return thrown;
  throw new Error(`That was no EnimError: ${String(thrown)}`, { cause: thrown });
}

/** Whatever `call` throws or rejects with. */
export async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('Nothing was thrown.');
}
