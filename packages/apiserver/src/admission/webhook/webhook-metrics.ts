import type { Metrics } from '@typernetes/process';

interface AskedHook {
  readonly hook: string;
  readonly type: 'admit' | 'validating';
  readonly operation: string;
  readonly code: number;
  readonly seconds: number;
  readonly rejected?: string | undefined;
}

export interface WebhookMetrics {
  asked(what: AskedHook): void;
  failedOpen(hook: string, type: string): void;
}

/** Counts the calls of hooks and their durations, under upstream's names. */
export function webhookMetrics(metrics: Metrics): WebhookMetrics {
  const labels = ['name', 'type', 'operation'];
  const duration = metrics.histogram('apiserver_admission_webhook_admission_duration_seconds', {
    help: 'Admission webhook latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).',
    stability: 'STABLE',
    labels: [...labels, 'rejected'],
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25],
  });
  const total = metrics.counter('apiserver_admission_webhook_request_total', {
    help: 'Admission webhook request total, identified by name and broken out for each admission type (validating or mutating) and operation. Additional labels specify whether the request was rejected or not and an HTTP status code. Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.',
    labels: ['code', ...labels, 'rejected'],
  });
  const rejections = metrics.counter('apiserver_admission_webhook_rejection_count', {
    help: 'Admission webhook rejection count, identified by name and broken out for each admission type (validating or admit) and operation. Additional labels specify an error type (calling_webhook_error or apiserver_internal_error if an error occurred; no_error otherwise) and optionally a non-zero rejection code if the webhook rejects the request with an HTTP status code (honored by the apiserver when the code is greater or equal to 400). Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.',
    labels: ['error_type', ...labels, 'rejection_code'],
  });
  const open = metrics.counter('apiserver_admission_webhook_fail_open_count', {
    help: 'Admission webhook fail open count, identified by name and broken out for each admission type (validating or admit).',
    labels: ['name', 'type'],
  });
  return {
    asked: ({ hook, type, operation, code, seconds, rejected }) => {
      const status = `${Math.min(code, 600)}`;
      duration.observe(seconds, [hook, type, operation, `${rejected !== undefined}`]);
      total.add([status, hook, type, operation, `${rejected !== undefined}`]);
      if (rejected !== undefined)
        rejections.add([rejected, hook, type, operation, rejected === 'no_error' ? status : '0']);
    },
    failedOpen: (hook, type) => open.add([hook, type]),
  };
}
