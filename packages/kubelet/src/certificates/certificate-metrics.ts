import type { Clock } from '@typernetes/base';
import type { Metrics } from '@typernetes/process';

type CertificatePurpose = 'client' | 'serving';

/** Observes the kubelet's certificates. */
export interface CertificateMetrics {
  /** A certificate came into use; `notAfter`: milliseconds since the epoch, undefined while there is no certificate. */
  inUse(purpose: CertificatePurpose, notAfter: number | undefined): void;
  /** A certificate could not be obtained. */
  failed(purpose: CertificatePurpose): void;
  /** A certificate was replaced after this many seconds in use. */
  replaced(purpose: CertificatePurpose, seconds: number): void;
}

const day = 86_400;
const livedBuckets = [60, 3600, 14_400, day, 7 * day, 30 * day, 90 * day, 180 * day, 360 * day, 1440 * day];

/** `kubelet_certificate_manager_*`; as upstream, a certificate that is never rotated counts as never expiring. */
export function certificateMetrics(metrics: Metrics, clock: Pick<Clock, 'now'>): CertificateMetrics {
  const ttl = (of: string, what: string) =>
    metrics.gauge(`kubelet_certificate_manager_${of}_ttl_seconds`, {
      help: `Gauge of the ${what}. The value is in seconds until certificate expiry (negative if already expired). If ${of === 'client' ? 'client' : 'serving'} certificate is invalid or unused, the value will be +INF.`,
    });
  const help = 'Counter of certificate renewal errors.';
  const gauges = {
    client: ttl('client', "TTL (time-to-live) of the Kubelet's client certificate"),
    serving: ttl('server', "shortest TTL (time-to-live) of the Kubelet's serving certificate"),
  };
  const errors = {
    client: metrics.counter('kubelet_certificate_manager_client_expiration_renew_errors', { help }),
    serving: metrics.counter('kubelet_server_expiration_renew_errors', { help }),
  };
  const lived = metrics.histogram('kubelet_certificate_manager_server_rotation_seconds', {
    help: 'Histogram of the number of seconds the previous certificate lived before being rotated.',
    buckets: livedBuckets,
  });
  const ends: Record<CertificatePurpose, number> = {
    client: Number.POSITIVE_INFINITY,
    serving: Number.POSITIVE_INFINITY,
  };
  metrics.beforeRender(() => {
    for (const purpose of ['client', 'serving'] as const)
      gauges[purpose].set(Math.trunc((ends[purpose] - clock.now()) / 1000));
  });
  return {
    inUse: (purpose, notAfter) => {
      ends[purpose] = notAfter ?? Number.POSITIVE_INFINITY;
    },
    failed: (purpose) => errors[purpose].add(),
    replaced: (purpose, seconds) => {
      if (purpose === 'serving') lived.observe(seconds);
    },
  };
}
