/**
 * System calls that neither Node.js nor Bun offers, as plain function calls through Bun's FFI (microseconds, where a program that
 * does the same takes milliseconds). Undefined on Node.js: there programs do it.
 */

/** The calls, by their names in libc. */
export interface Libc {
  /** flock(2); 0 is success. */
  flock(fd: number, operation: number): number;
  /** setns(2), for the calling thread; 0 is success. */
  setns(fd: number, type: number): number;
  /** socket(2): a descriptor, or -1. */
  socket(domain: number, type: number, protocol: number): number;
  /** connect(2); 0 is success. */
  connect(fd: number, address: ArrayBufferView, length: number): number;
  /** fcntl(2) with a number as argument: what was asked for, or -1. */
  fcntl(fd: number, command: number, argument: number): number;
  /** setsockopt(2); 0 is success. */
  setsockopt(fd: number, level: number, option: number, value: ArrayBufferView, length: number): number;
  /** getsockopt(2), which writes into both views; 0 is success. */
  getsockopt(fd: number, level: number, option: number, value: ArrayBufferView, length: ArrayBufferView): number;
}

let loaded: { readonly calls: Libc | undefined } | undefined;

/** Opens libc, once. */
export function libc(): Libc | undefined {
  loaded ??= { calls: load() };
  return loaded.calls;
}

function load(): Libc | undefined {
  if (typeof Bun === 'undefined') return undefined;
  const { dlopen, FFIType } = require('bun:ffi') as typeof import('bun:ffi');
  const { i32, ptr } = FFIType;
  const returning = (...args: readonly number[]) => ({ args, returns: i32 });
  try {
    // The name is glibc's. The loader of musl answers to every name of a C library with itself.
    return dlopen('libc.so.6', {
      flock: returning(i32, i32),
      setns: returning(i32, i32),
      fcntl: returning(i32, i32, i32),
      socket: returning(i32, i32, i32),
      connect: returning(i32, ptr, i32),
      setsockopt: returning(i32, i32, i32, ptr, i32),
      getsockopt: returning(i32, i32, i32, ptr, ptr),
    }).symbols;
  } catch {
    // Another C library than these two.
    return undefined;
  }
}
