import type { Metrics } from '@typernetes/process';

/** The result of calling an authorization webhook, in upstream's words. */
export type EvaluationResult = 'success' | 'error' | 'timeout';

/** Observes the calls of one authorization webhook. Times are in seconds. */
export interface AuthorizationWebhookObserver {
  evaluated(result: EvaluationResult, seconds: number): void;
  /** Its failure has been no opinion. */
  failedOpen(result: EvaluationResult): void;
  /** Its match conditions were evaluated. */
  matched(outcome: 'asked' | 'excluded' | 'error', seconds: number): void;
}

const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * `apiserver_authorization_webhook_*` and `apiserver_authorization_match_condition_*`, for the webhook with this name.
 */
export function authorizationWebhookMetrics(metrics: Metrics): (name: string) => AuthorizationWebhookObserver {
  const labels = ['name', 'result'];
  const evaluations = metrics.counter('apiserver_authorization_webhook_evaluations_total', {
    help: 'Round-trips to authorization webhooks.',
    labels,
  });
  const duration = metrics.histogram('apiserver_authorization_webhook_duration_seconds', {
    help: 'Request latency in seconds.',
    labels,
    buckets: requestBuckets,
  });
  const open = metrics.counter('apiserver_authorization_webhook_evaluations_fail_open_total', {
    help: 'NoOpinion results due to webhook timeout or error.',
    labels,
  });
  const ofConditions = ['type', 'name'];
  const errors = metrics.counter('apiserver_authorization_match_condition_evaluation_errors_total', {
    help: 'Total number of errors when an authorization webhook encounters a match condition error split by authorizer type and name.',
    labels: ofConditions,
  });
  const exclusions = metrics.counter('apiserver_authorization_match_condition_exclusions_total', {
    help: 'Total number of exclusions when an authorization webhook is skipped because match conditions exclude it.',
    labels: ofConditions,
  });
  const matching = metrics.histogram('apiserver_authorization_match_condition_evaluation_seconds', {
    help: 'Authorization match condition evaluation time in seconds, split by authorizer type and name.',
    labels: ofConditions,
    buckets: [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25],
  });
  return (name) => ({
    evaluated: (result, seconds) => {
      evaluations.add([name, result]);
      duration.observe(seconds, [name, result]);
    },
    failedOpen: (result) => open.add([name, result]),
    matched: (outcome, seconds) => {
      matching.observe(seconds, ['Webhook', name]);
      if (outcome === 'error') errors.add(['Webhook', name]);
      if (outcome === 'excluded') exclusions.add(['Webhook', name]);
    },
  });
}
