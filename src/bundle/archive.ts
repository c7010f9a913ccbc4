/**
 * Bundles as bytes: a tar.gz of a manifest and the files that it lists. The same files make the same bytes. What is read is from
 * strangers: it stays in memory, is bounded before it is unpacked, and holds plain files alone.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { type ParsedTarEntryWithData, packTar, unpackTar } from 'modern-tar';
import { errnoOf, messageOf } from '../model/errors.js';
import { damaged, MANIFEST, type Manifest, manifestOf, type Origin, parseManifest, verify } from './manifest.js';

/** Bytes that a bundle may have unpacked. One of a node with 500 pods has some 10 MB. */
const UNPACKED_LIMIT = 256 * 2 ** 20;

/** What was in a bundle. */
export interface Archive {
  readonly manifest: Manifest;
  /** Without the manifest. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Packs the files, in the order of their names behind the manifest. */
export async function pack(files: ReadonlyMap<string, Uint8Array>, origin: Origin): Promise<Uint8Array> {
  const sorted = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
  const manifest = Buffer.from(`${JSON.stringify(manifestOf(sorted, origin), null, 2)}\n`);
  const mtime = new Date(origin.collected);
  const entries = [[MANIFEST, manifest] as const, ...sorted].map(([name, content]) => ({
    header: { name, size: content.length, mode: 0o600, mtime, type: 'file' as const },
    body: content,
  }));
  return gzipSync(await packTar(entries), { level: 9 });
}

/**
 * Unpacks a bundle.
 *
 * @param subject what it is called in messages
 * @param limit bytes that it may have unpacked
 * @throws EnimError BUNDLE_DAMAGED, BUNDLE_NEWER
 */
export async function unpack(subject: string, packed: Uint8Array, limit = UNPACKED_LIMIT): Promise<Archive> {
  const files = new Map<string, Uint8Array>();
  for (const { header, data } of await entriesOf(subject, unzip(subject, packed, limit))) {
    const name = JSON.stringify(header.name);
    if (header.type !== 'file' || data === undefined) throw damaged(subject, `${name} in it is no plain file`);
    if (!isPlain(header.name)) throw damaged(subject, `${name} in it is no name that a bundle has`);
    if (files.has(header.name)) throw damaged(subject, `it has ${name} twice`);
    files.set(header.name, data);
  }
  const first = files.get(MANIFEST);
  if (first === undefined) throw damaged(subject, `it has no ${MANIFEST}, so it is no bundle of enim`);
  files.delete(MANIFEST);
  const manifest = parseManifest(subject, first);
  verify(subject, manifest, files);
  return { manifest, files };
}

/** Whether a name leads nowhere else, on whichever machine somebody unpacks it by hand. */
export function isPlain(name: string): boolean {
  return name.length <= 200 && /^[\w.@+-]+(\/[\w.@+-]+)*$/.test(name) && !/(^|\/)\.\.?(\/|$)/.test(name);
}

function unzip(subject: string, packed: Uint8Array, limit: number): Uint8Array {
  try {
    return gunzipSync(packed, { maxOutputLength: limit });
  } catch (thrown) {
    const code = errnoOf(thrown);
    if (code === 'ERR_BUFFER_TOO_LARGE') throw damaged(subject, `unpacked it has more than ${limit} bytes`, thrown);
    const reason = code === 'Z_BUF_ERROR' ? 'it ends too early' : `it is no gzip, or damaged (${messageOf(thrown)})`;
    throw damaged(subject, reason, thrown);
  }
}

async function entriesOf(subject: string, tar: Uint8Array): Promise<ParsedTarEntryWithData[]> {
  try {
    return await unpackTar(tar, { strict: true });
  } catch (thrown) {
    throw damaged(subject, `what is in it is no whole tar archive (${messageOf(thrown).replace(/\.$/, '')})`, thrown);
  }
}
