/** The ENIs and owners that can be named now, for a shell to complete. It must be quick: the kernel is not asked. */
import type { Parts } from './parts.js';

/** A word, and what it is. */
export interface Candidate {
  readonly word: string;
  readonly meaning: string;
}

/** A provider that answers later than this is not waited for; the ENIs that are attached are known without it. */
const PATIENCE_MS = 500;

/** ENI IDs, with who has them. */
export async function eniWords(parts: Parts): Promise<readonly Candidate[]> {
  const [attachments, provided] = await Promise.all([parts.store.list(), providedWithin(parts)]);
  const owners = new Map(attachments.map(({ eni, owner }) => [eni.id, owner]));
  const ids = new Set([...provided.map(({ eni }) => eni.id), ...owners.keys()]);
  return [...ids].map((word) => ({ word, meaning: owners.get(word) ?? 'ENI' }));
}

/** Owners that hold an ENI, with its ID. */
export async function ownerWords(parts: Parts): Promise<readonly Candidate[]> {
  const attachments = await parts.store.list();
  return attachments.map(({ owner, eni }) => ({ word: owner, meaning: eni.id }));
}

async function providedWithin(parts: Parts): ReturnType<Parts['provider']['list']> {
  const decided = new AbortController();
  const late = parts.sleep(PATIENCE_MS, decided.signal).then(() => []);
  // A process does not end while it sleeps, and a person waits for this one.
  return Promise.race([parts.provider.list(), late]).finally(() => decided.abort());
}
