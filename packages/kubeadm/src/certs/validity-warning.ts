import type { X509Certificate } from 'node:crypto';
import type { Clock } from '@typernetes/base';
import type { Output } from '../output.ts';

/** Where warnings go, and what time it is. */
export interface Warned {
  readonly output: Output;
  readonly clock: Pick<Clock, 'now'>;
}

/** The names that each run has warned of: each once, as upstream. */
const warnedOf = new WeakMap<Output, Set<string>>();

/** Warns of a certificate whose time is not now. It is used all the same: whoever renews certificates has expired ones. */
export function warnOfValidity(name: string, certificate: X509Certificate, { output, clock }: Warned): void {
  const names = warnedOf.get(output) ?? new Set();
  warnedOf.set(output, names);
  if (names.has(name)) return;
  names.add(name);
  const { validFromDate, validToDate } = certificate;
  const now = clock.now();
  const period = `NotBefore: ${goTime(validFromDate)}, NotAfter: ${goTime(validToDate)}`;
  const what =
    now < validFromDate.getTime()
      ? 'the certificate is not valid yet'
      : now > validToDate.getTime()
        ? 'the certificate has expired'
        : undefined;
  if (what === undefined) return;
  output.err(`[certs] WARNING: could not validate bounds for certificate ${name}: ${what}: ${period}\n`);
}

/** As Go prints a time: `2026-01-01 00:00:00 +0000 UTC`. */
const goTime = (time: Date): string => `${time.toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;
