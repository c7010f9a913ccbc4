/** A checksum of 128 bits, in hexadecimal. Not for secrets; node:crypto would take 2.5 ms to load. Pure. */
export function checksum(text: string): string {
  const parts = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f].map((seed) => {
    let hash = seed;
    for (const each of Buffer.from(text)) hash = Math.imul(hash ^ each, 0x01000193) >>> 0;
    return hash.toString(16).padStart(8, '0');
  });
  return parts.join('');
}
