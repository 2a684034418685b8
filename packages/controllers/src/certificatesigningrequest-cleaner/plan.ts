import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '@typernetes/api/certificates/v1';
import { parseTime } from '@typernetes/machinery';

const hour = 3_600_000;

/** When the request may be deleted, in milliseconds since the epoch; `expiry` is that of its certificate. */
export function deletableAt(csr: CertificateSigningRequest, expiry: number | undefined): number {
  const since = (type: string): number | undefined => {
    const found = (csr.status?.conditions ?? []).find((one: CertificateSigningRequestCondition) => one.type === type);
    return found
      ? parseTime(found.lastUpdateTime ?? found.lastTransitionTime ?? csr.metadata.creationTimestamp)
      : undefined;
  };
  const moments = [parseTime(csr.metadata.creationTimestamp) + 24 * hour];
  const denied = since('Denied') ?? since('Failed');
  if (denied !== undefined) moments.push(denied + hour);
  const approved = since('Approved');
  if (approved !== undefined && csr.status?.certificate) moments[0] = approved + hour;
  if (expiry !== undefined) moments.push(expiry);
  return Math.min(...moments);
}
