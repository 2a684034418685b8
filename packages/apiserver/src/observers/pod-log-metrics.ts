import { messageOf } from '@typernetes/base';
import type { Metrics } from '@typernetes/process';

/** Counts requests for the logs of pods. */
export interface PodLogMetrics {
  asked(insecure: boolean): void;
  failed(error: unknown): void;
}

export function podLogMetrics(metrics: Metrics): PodLogMetrics {
  const usage = metrics.counter('kube_apiserver_pod_logs_insecure_backend_total', {
    help: 'Total number of requests for pods/logs sliced by usage type: enforce_tls, skip_tls_allowed, skip_tls_denied',
    labels: ['usage'],
  });
  const failures = metrics.counter('kube_apiserver_pod_logs_backend_tls_failure_total', {
    help: 'Total number of requests for pods/logs that failed due to kubelet server TLS verification',
  });
  return {
    asked: (insecure) => usage.add([insecure ? 'skip_tls_allowed' : 'enforce_tls']),
    failed: (error) => {
      if (messageOf(error).includes('x509: ')) failures.add();
    },
  };
}
