/** Errors as a container runtime gets them (CNI specification 1.1.0, section 5, "Error"). Pure. */
import { EnimError, messageOf } from '../model/errors.js';
import { LATEST } from './version.js';

/** The document that is printed instead of a result. */
export interface FailureDocument {
  readonly cniVersion: string;
  readonly code: number;
  readonly msg: string;
  /** Further facts and what to do, a line each. */
  readonly details?: string;
}

/** A bug: none of our errors. */
const INTERNAL = 999;

/**
 * @param version of the network configuration, if it could be read
 * @param command as the environment has it
 */
export function failureDocument(thrown: unknown, version: string | null, command: string | null): FailureDocument {
  const isOurs = thrown instanceof EnimError;
  const msg = isOurs ? thrown.message : `internal error: ${messageOf(thrown)}`;
  const lines = isOurs ? [...thrown.details, ...(thrown.hint === undefined ? [] : [`Try: ${thrown.hint}`])] : [];
  // Of the verbs only ADD and CHECK are surely no DEL.
  const say = ['ADD', 'CHECK'].includes(command ?? '') ? (text: string) => text : withoutFalseSuccess;
  return {
    cniVersion: version ?? LATEST,
    code: isOurs ? thrown.cniCode : INTERNAL,
    msg: say(msg) || 'unknown error',
    ...(lines.length === 0 ? {} : { details: say(lines.join('\n')) }),
  };
}

/**
 * go-cni takes a DEL whose error has one of these phrases in it for a success: the runtime would remove the netns, and the NIC that is
 * still in it.
 */
export function withoutFalseSuccess(text: string): string {
  return text
    .replace(/not(\s+)found/gi, 'absent')
    .replace(/no(\s+)such(\s+)file(\s+)or(\s+)directory/gi, 'absent (ENOENT)');
}
