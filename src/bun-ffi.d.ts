/** The part of Bun's FFI that we use; the module exists only inside the executable. */
declare module 'bun:ffi' {
  interface Signature {
    readonly args: readonly number[];
    readonly returns: number;
  }
  type Call = (...args: number[]) => number;

  export const FFIType: { readonly i32: number };
  export function dlopen<Name extends string>(
    library: string,
    symbols: Readonly<Record<Name, Signature>>,
  ): { readonly symbols: Readonly<Record<Name, Call>> };
}
