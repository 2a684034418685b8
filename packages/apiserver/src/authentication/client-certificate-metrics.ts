import type { Metrics } from '@typernetes/process';

const hour = 3600;
const day = 24 * hour;

/** `apiserver_client_certificate_expiration_seconds`: returns the function to call for each presented certificate. */
export function clientCertificateMetrics(metrics: Metrics): (seconds: number) => void {
  const expiration = metrics.histogram('apiserver_client_certificate_expiration_seconds', {
    help: 'Distribution of the remaining lifetime on the certificate used to authenticate a request.',
    buckets: [
      0,
      hour / 2,
      hour,
      2 * hour,
      6 * hour,
      12 * hour,
      day,
      2 * day,
      4 * day,
      7 * day,
      30 * day,
      90 * day,
      180 * day,
      360 * day,
    ],
  });
  return expiration.of([]).observe;
}
