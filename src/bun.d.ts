/** The part of Bun's FFI that we use; the module exists only inside the executable. */
declare module 'bun:ffi' {
  interface Signature {
    readonly args: readonly number[];
    readonly returns: number;
  }
  type Call = (...args: (number | ArrayBufferView)[]) => number;

  export const FFIType: { readonly i32: number; readonly ptr: number };
  export function dlopen<Name extends string>(
    library: string,
    symbols: Readonly<Record<Name, Signature>>,
  ): { readonly symbols: Readonly<Record<Name, Call>> };
}

/** The part of Bun itself that we use; undefined on Node.js. */
declare const Bun:
  | {
      /** How many times later than usual code is compiled that runs often; 1 is usual. */
      readonly unsafe: { setJITPolicy(scale: number): void };
      /** A file by its descriptor. */
      file(fd: number): { stream(): ReadableStream<Uint8Array> };
      spawn(
        command: readonly string[],
        options: {
          readonly stdio: readonly ('ignore' | 'pipe' | number)[];
          readonly detached: boolean;
          readonly env: Readonly<Record<string, string | undefined>>;
        },
      ): {
        readonly stdin: { write(text: string): unknown; flush(): unknown; end(): unknown } | undefined;
        readonly stdout: ReadableStream<Uint8Array>;
        readonly stderr: ReadableStream<Uint8Array>;
        readonly exited: Promise<unknown>;
        readonly exitCode: number | null;
        kill(signal: 'SIGKILL'): void;
      };
      connect(options: {
        readonly unix: string;
        readonly socket: {
          readonly data: (socket: BunSocket, bytes: Uint8Array) => void;
          readonly drain: (socket: BunSocket) => void;
          readonly close: () => void;
          readonly error: () => void;
        };
      }): Promise<BunSocket>;
    }
  | undefined;

interface BunSocket {
  /** Returns how many bytes the kernel has taken. */
  write(bytes: Uint8Array): number;
  terminate(): void;
}
