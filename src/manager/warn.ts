/**
 * Telling the pod that gets no ENI why, where its user looks. It comes after the work and its locks, and nothing depends on it: the
 * error stays the one that it was.
 */
import type { Endpoint } from '../model/attachment.js';
import { EnimError, type ErrorCode } from '../model/errors.js';
import type { Parts } from './parts.js';

/**
 * In one word, for whoever filters by it. What passes by itself, what only its caller can mend, and that the provider cannot be
 * reached, is not in here.
 */
const REASONS: Readonly<Partial<Record<ErrorCode, string>>> = {
  NO_FREE_ENI: 'NoFreeENI',
  CORDONED: 'NodeCordoned',
  NOT_THERE: 'ENINotThere',
  UNSAFE: 'NICRefused',
  AMBIGUOUS_LINK: 'NICAmbiguous',
  LINK_LOST: 'NICMissing',
  LINK_FAILED: 'NICSetUpFailed',
  NIC_UNSOUND: 'NICSetUpFailed',
  IFNAME_TAKEN: 'InterfaceTaken',
  DELEGATE_FAILED: 'IPAMFailed',
  API_INCOMPLETE: 'ENIIncomplete',
  STATE_UNREADABLE: 'NodeStateFailed',
  STATE_UNWRITABLE: 'NodeStateFailed',
  STATE_NEWER: 'NodeStateFailed',
  TOOL_MISSING: 'NodeUnfit',
  NOT_PERMITTED: 'NodeUnfit',
};

/** Does the work; where that fails for good, the endpoint's pod is told. Throws what the work throws. */
export async function warning<T>(parts: Parts, endpoint: Endpoint, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw thrown instanceof EnimError ? await warned(parts, endpoint, thrown) : thrown;
  }
}

async function warned({ provider }: Parts, endpoint: Endpoint, error: EnimError): Promise<EnimError> {
  const reason = REASONS[error.code];
  // Without a UID nobody knows whether there is such a pod: it was made by hand, by one who sees the error.
  if (provider.registry === undefined || reason === undefined || endpoint.uid === null) return error;
  const hint = error.hint === undefined ? '' : ` Try: ${error.hint}`;
  try {
    await provider.registry.warn(endpoint, { reason, message: `${error.message}${hint}` });
    return error;
  } catch (thrown) {
    // A right that is missing stays missing, and nobody would notice.
    const isDenied = thrown instanceof EnimError && thrown.code === 'API_DENIED';
    return isDenied ? error.with([`No event tells the pod: ${thrown.message}`]) : error;
  }
}
