/**
 * The lifetime of a certificate in milliseconds: as requested, at least 10 minutes and at most what the signer grants.
 */
export function lifetimeMs(expirationSeconds: number | undefined, maxMs: number): number {
  if (expirationSeconds === undefined) return maxMs;
  return Math.min(maxMs, Math.max(expirationSeconds * 1000, 600_000));
}
