import type { Metrics } from '@typernetes/process';

/** Observes calls to an external signer of tokens. Codes are gRPC's, as Go spells them. */
export interface SignerMetrics {
  called(method: string, code: string, seconds: number): void;
  signed(code: string): void;
  fetched(code: string, now: number): void;
  /** When the keys were right, in milliseconds. */
  dataFrom(time: number): void;
}

/** `apiserver_externaljwt_*`. */
export function signerMetrics(metrics: Metrics): SignerMetrics {
  const name = (rest: string): string => `apiserver_externaljwt_${rest}`;
  const duration = metrics.histogram(name('request_duration_seconds'), {
    help: 'Request duration and time for calls to external-jwt-signer',
    labels: ['method', 'code'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  });
  const signatures = metrics.counter(name('sign_request_total'), {
    help: 'Total attempts at signing JWT',
    labels: ['code'],
  });
  const fetches = metrics.counter(name('fetch_keys_request_total'), {
    help: 'Total attempts at syncing supported JWKs',
    labels: ['code'],
  });
  const fetchedAt = metrics.gauge(name('fetch_keys_success_timestamp'), {
    help: 'Unix Timestamp in seconds of the last successful FetchKeys request',
  });
  const dataAt = metrics.gauge(name('fetch_keys_data_timestamp'), {
    help: 'Unix Timestamp in seconds of the last successful FetchKeys data_timestamp value returned by the external signer',
  });
  return {
    called: (method, code, seconds) => duration.observe(seconds, [method, code]),
    signed: (code) => signatures.add([code]),
    fetched(code, now) {
      fetches.add([code]);
      if (code === 'OK') fetchedAt.set(now / 1000);
    },
    dataFrom: (time) => dataAt.set(time / 1000),
  };
}
