import { createHash } from 'node:crypto';
import { canonicalJson } from '@typernetes/machinery';

const letters: Readonly<Record<string, string>> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' };

/** `--append-hash`: ten characters derived from the content's SHA-256, in an alphabet that cannot form words. */
export function contentHash(content: object): string {
  const sum = createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 10);
  return [...sum].map((letter) => letters[letter] ?? letter).join('');
}
