import type { X509Certificate } from 'node:crypto';
import { readCertificates } from '@typernetes/pki';

/** The authorities in a bundle that may be exchanged: the same array until it is. */
export function liveAuthorities(bundle: () => string | undefined): () => readonly X509Certificate[] {
  let text: string | undefined;
  let roots: readonly X509Certificate[] = [];
  return () => {
    const now = bundle();
    if (now !== text) {
      text = now;
      roots = now === undefined ? [] : readCertificates(now);
    }
    return roots;
  };
}
