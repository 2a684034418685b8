import { X509Certificate } from 'node:crypto';
import type { CertificateSigningRequest } from '@typernetes/api/certificates/v1';
import type { ApiObject, ResourceType } from '@typernetes/machinery';
import type { Metrics } from '@typernetes/process';

/** Called with the new and the old state of an updated object. */
export type UpdateObserver = (written: ApiObject, before: ApiObject) => void;

const tolerance = { seconds: 5 * 60, share: 20 } as const;

/** Counts how often signers have honored the requested duration of a certificate. Custom signers share one label. */
export function certificateMetrics(
  metrics: Metrics,
): (type: Pick<ResourceType<ApiObject>, 'group' | 'plural'>) => UpdateObserver | undefined {
  const counter = (what: 'requested' | 'honored') =>
    metrics.counter(`apiserver_certificates_registry_csr_${what}_duration_total`, {
      help: `Total number of issued CSRs with a requested duration${what === 'honored' ? ' that was honored' : ''}, sliced by signer (only kubernetes.io signer names are specifically identified)`,
      labels: ['signerName'],
    });
  const requested = counter('requested');
  const honored = counter('honored');
  const observe: UpdateObserver = (written, before) => {
    const [next, current] = [written as CertificateSigningRequest, before as CertificateSigningRequest];
    const wanted = next.spec.expirationSeconds;
    const certificate = next.status?.certificate;
    if (wanted == null || !certificate || current.status?.certificate) return;
    const lasts = lifetime(certificate);
    if (lasts === undefined) return;
    const { signerName } = next.spec;
    const labels = [signerName.startsWith('kubernetes.io/') ? signerName : 'other'];
    requested.add(labels);
    // Certificates begin a little before they are made, lest clocks differ.
    if (Math.abs(wanted - lasts) < tolerance.seconds + wanted / tolerance.share) honored.add(labels);
  };
  return ({ group, plural }) =>
    group === 'certificates.k8s.io' && plural === 'certificatesigningrequests' ? observe : undefined;
}

/** In seconds; undefined for an invalid certificate. */
function lifetime(base64: string): number | undefined {
  try {
    const { validFromDate, validToDate } = new X509Certificate(Buffer.from(base64, 'base64'));
    return (validToDate.getTime() - validFromDate.getTime()) / 1000;
  } catch {
    return undefined;
  }
}
