import { exponentialBuckets, type Metrics } from '@typernetes/process';

/** The cause of a failed conversion, in upstream's words; empty for success. */
export type ConversionFailure =
  | ''
  | 'conversion_webhook_call_failure'
  | 'conversion_webhook_malformed_response_failure'
  | 'conversion_webhook_partial_response_failure'
  | 'conversion_webhook_invalid_converted_object_failure';

export interface Conversion {
  /** The name of the definition. */
  readonly definition: string;
  readonly from: string;
  readonly to: string;
  readonly failure: ConversionFailure;
  readonly seconds: number;
}

/** Called for each call of a conversion webhook: `apiserver_conversion_webhook_*` and `apiserver_crd_conversion_webhook_duration_seconds`. */
export function conversionMetrics(metrics: Metrics): (conversion: Conversion) => void {
  const labels = ['result', 'failure_type'];
  const requests = metrics.counter('apiserver_conversion_webhook_request_total', {
    help: 'Counter for conversion webhook requests with success/failure and failure error type',
    labels,
  });
  const duration = metrics.histogram('apiserver_conversion_webhook_duration_seconds', {
    help: 'Conversion webhook request latency',
    labels,
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 45, 60],
  });
  const ofDefinition = metrics.histogram('apiserver_crd_conversion_webhook_duration_seconds', {
    help: 'CRD webhook conversion duration in seconds',
    labels: ['crd_name', 'from_version', 'to_version', 'succeeded'],
    buckets: exponentialBuckets(0.001, 2, 15),
  });
  return ({ definition, from, to, failure, seconds }) => {
    const succeeded = failure === '';
    const result = [succeeded ? 'success' : 'failure', failure];
    requests.add(result);
    duration.observe(seconds, result);
    ofDefinition.observe(seconds, [definition, from, to, String(succeeded)]);
  };
}
