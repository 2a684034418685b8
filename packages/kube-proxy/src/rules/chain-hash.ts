import { createHash } from 'node:crypto';

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The first `length` characters (at most 51) of the base32 form of the text's SHA-256: what tells chains apart whose names are long or alike. */
export function chainHash(text: string, length: number): string {
  const digest = createHash('sha256').update(text).digest();
  let out = '';
  let bits = 0;
  let value = 0;
  for (const byte of digest) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5 && out.length < length) {
      out += base32[(value >> (bits - 5)) & 31];
      bits -= 5;
    }
  }
  return out;
}
