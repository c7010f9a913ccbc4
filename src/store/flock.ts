/** flock(2) as a plain function call where the runtime offers one (Bun's FFI); elsewhere nothing, and flock(1) does it. */

const LOCK_EX = 2;
const LOCK_NB = 4;

type Flock = (fd: number, operation: number) => number;

/** Takes the exclusive lock of `fd` if that is possible at once. False also where the call is not to be had. */
export async function tryFlock(fd: number): Promise<boolean> {
  const flock = await loadFlock();
  return flock !== undefined && flock(fd, LOCK_EX | LOCK_NB) === 0;
}

async function loadFlock(): Promise<Flock | undefined> {
  if (!('Bun' in globalThis)) return undefined;
  const { dlopen, FFIType } = await import('bun:ffi');
  try {
    const libc = dlopen('libc.so.6', { flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 } });
    return libc.symbols.flock;
  } catch {
    // Another C library (musl) or another file name: flock(1) works everywhere.
    return undefined;
  }
}
