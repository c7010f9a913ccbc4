/**
 * System calls that neither Node.js nor Bun offers, as plain function calls through Bun's FFI (microseconds, where a program that
 * does the same takes milliseconds). Undefined on Node.js, and where the C library has another name: then programs do it.
 */

/** The calls, by their names in libc. */
export interface Libc {
  /** flock(2); 0 is success. */
  flock(fd: number, operation: number): number;
  /** setns(2), for the calling thread; 0 is success. */
  setns(fd: number, type: number): number;
}

let loaded: Promise<Libc | undefined> | undefined;

/** Opens libc, once. */
export function libc(): Promise<Libc | undefined> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Libc | undefined> {
  if (typeof Bun === 'undefined') return undefined;
  const { dlopen, FFIType } = await import('bun:ffi');
  const twoNumbers = { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 } as const;
  try {
    return dlopen('libc.so.6', { flock: twoNumbers, setns: twoNumbers }).symbols;
  } catch {
    // Another C library (musl) or another file name.
    return undefined;
  }
}
