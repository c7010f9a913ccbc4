/** The part of Bun's FFI that we use; the module exists only inside the executable. */
declare module 'bun:ffi' {
  export const FFIType: { readonly i32: number };
  export function dlopen(
    library: string,
    symbols: { readonly flock: { readonly args: readonly number[]; readonly returns: number } },
  ): { readonly symbols: { readonly flock: (fd: number, operation: number) => number } };
}
