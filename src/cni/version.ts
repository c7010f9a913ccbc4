/** The versions of the CNI specification that the plugin speaks, and its answer to VERSION. Pure. */

/** From the oldest to the newest. */
export const SUPPORTED_VERSIONS = ['0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;

export type CniVersion = (typeof SUPPORTED_VERSIONS)[number];

export const LATEST: CniVersion = '1.1.0';

/** Whether text is a version that the plugin speaks. */
export function isSupported(text: unknown): text is CniVersion {
  return (SUPPORTED_VERSIONS as readonly unknown[]).includes(text);
}

/** Whether a version is `other` or a later one. */
export function isAtLeast(version: CniVersion, other: CniVersion): boolean {
  return SUPPORTED_VERSIONS.indexOf(version) >= SUPPORTED_VERSIONS.indexOf(other);
}

/** The `cniVersion` in what was on standard input; null if there is none. */
export function askedVersion(stdin: string): string | null {
  try {
    const asked: unknown = (JSON.parse(stdin) as { cniVersion?: unknown } | null)?.cniVersion;
    return typeof asked === 'string' && /^\d+\.\d+\.\d+$/.test(asked) ? asked : null;
  } catch {
    return null;
  }
}

/**
 * The answer to VERSION (CNI specification 1.1.0, section 5), as it is printed: it is in the version that was asked in, and never an error.
 *
 * @param stdin what was on standard input, if it could be read
 */
export function answerVersion(stdin: string): string {
  return `${JSON.stringify({ cniVersion: askedVersion(stdin) ?? LATEST, supportedVersions: SUPPORTED_VERSIONS })}\n`;
}
