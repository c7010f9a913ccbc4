/**
 * What can go wrong, as users, scripts and container runtimes see it. One class, a closed union of codes, and one table from
 * code to exit code and CNI code. Bugs stay plain `Error`s and are mapped once, at the face that prints them.
 */

interface Codes {
  /** Exit code of the CLI: 1 failed, 2 usage or settings, 3 exhausted, 4 not there, 5 busy, 6 refused as unsafe. */
  readonly exit: number;
  /** Error code of the CNI specification (below 100) or our own (from 100). */
  readonly cni: number;
}

/** Exit code and CNI code of each; `docs/errors.md` says what they mean. */
export const CODES = {
  INVALID_ARGUMENT: { exit: 2, cni: 4 },
  INVALID_CONFIG: { exit: 2, cni: 7 },
  NO_FREE_ENI: { exit: 3, cni: 103 },
  NOT_THERE: { exit: 4, cni: 104 },
  BUSY: { exit: 5, cni: 11 },
  UNSAFE: { exit: 6, cni: 106 },
  IFNAME_TAKEN: { exit: 2, cni: 108 },
  AMBIGUOUS_LINK: { exit: 6, cni: 109 },
  LINK_FAILED: { exit: 1, cni: 110 },
  LINK_LOST: { exit: 1, cni: 111 },
  NIC_UNSOUND: { exit: 1, cni: 116 },
  STATE_UNREADABLE: { exit: 1, cni: 5 },
  STATE_UNWRITABLE: { exit: 1, cni: 5 },
  STATE_NEWER: { exit: 1, cni: 5 },
  TOOL_MISSING: { exit: 1, cni: 112 },
  TOOL_TIMEOUT: { exit: 1, cni: 11 },
  NOT_PERMITTED: { exit: 1, cni: 113 },
  INTERRUPTED: { exit: 1, cni: 11 },
  INCOMPATIBLE_VERSION: { exit: 2, cni: 1 },
  INVALID_ENVIRONMENT: { exit: 2, cni: 4 },
  INPUT_FAILED: { exit: 1, cni: 5 },
  OUTPUT_FAILED: { exit: 1, cni: 5 },
  UNDECODABLE: { exit: 2, cni: 6 },
  UNAVAILABLE: { exit: 1, cni: 50 },
  LIMITED: { exit: 1, cni: 51 },
  CHECK_FAILED: { exit: 1, cni: 114 },
  DELEGATE_FAILED: { exit: 1, cni: 115 },
  INSTALL_FAILED: { exit: 1, cni: 5 },
  API_UNREACHABLE: { exit: 5, cni: 11 },
  API_DENIED: { exit: 1, cni: 117 },
  API_UNTRUSTED: { exit: 1, cni: 118 },
  API_INCOMPLETE: { exit: 1, cni: 119 },
  API_FAILED: { exit: 1, cni: 120 },
  CORDONED: { exit: 3, cni: 121 },
  NOT_DRAINED: { exit: 1, cni: 122 },
  NOT_EXCLUSIVE: { exit: 2, cni: 123 },
  BUNDLE_DAMAGED: { exit: 1, cni: 5 },
  BUNDLE_NEWER: { exit: 1, cni: 5 },
  BUNDLE_UNWRITABLE: { exit: 1, cni: 5 },
} as const satisfies Record<string, Codes>;

/** Names of the errors that users can meet; stable, printed in `--json`. */
export type ErrorCode = keyof typeof CODES;

interface Extras {
  /** One runnable step that mends it. */
  readonly hint?: string | undefined;
  /** Further facts, a line each. */
  readonly details?: readonly string[] | undefined;
  readonly cause?: unknown;
}

/**
 * An error that users can reach. `message` is a fact with its subject and the actual value; `hint` is one step that mends it.
 */
export class EnimError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: readonly string[];

  constructor(code: ErrorCode, message: string, extras: Extras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = 'EnimError';
    this.code = code;
    this.hint = extras.hint;
    this.details = extras.details ?? [];
  }

  get exitCode(): number {
    return CODES[this.code].exit;
  }

  get cniCode(): number {
    return CODES[this.code].cni;
  }

  /** The same error with further facts, e.g. what failed while it was being undone. */
  with(details: readonly string[]): EnimError {
    if (details.length === 0) return this;
    return new EnimError(this.code, this.message, {
      hint: this.hint,
      details: [...this.details, ...details],
      cause: this.cause,
    });
  }
}

/** The text of anything that was thrown, for use inside another message. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The errno name (`ENOENT`, `ENOSPC`, …) of a failed system call, if that is what was thrown. */
export function errnoOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
