import type { Metrics } from '@typernetes/process';

/** The result of an expression of a policy, in upstream's words. */
type PolicyErrorType = 'no_error' | 'compile_error' | 'invalid_error' | 'out_of_budget' | '';

interface PolicyCheck {
  readonly policy: string;
  readonly binding: string;
  readonly errorType: PolicyErrorType;
  readonly seconds: number;
}

interface PolicyMetrics {
  /** `action`: `allow`, `deny`, `warn` or `audit`. */
  validated(check: PolicyCheck & { readonly action: string }): void;
  mutated(check: PolicyCheck): void;
}

/** The clock for measuring checks, in milliseconds, and the observer of the durations. */
export interface PolicyTimes {
  readonly now: () => number;
  readonly observer: PolicyMetrics;
}

const buckets = [0.0000005, 0.001, 0.01, 0.1, 1];

export function policyMetrics(metrics: Metrics): PolicyMetrics {
  const labels = ['policy', 'policy_binding', 'error_type'];
  const validations = metrics.counter('apiserver_validating_admission_policy_check_total', {
    help: 'Validation admission policy check total, labeled by policy and further identified by binding and enforcement action taken.',
    stability: 'BETA',
    labels: [...labels, 'enforcement_action'],
  });
  const validationTimes = metrics.histogram('apiserver_validating_admission_policy_check_duration_seconds', {
    help: 'Validation admission latency for individual validation expressions in seconds, labeled by policy and further including binding and enforcement action taken.',
    stability: 'BETA',
    labels: [...labels, 'enforcement_action'],
    buckets,
  });
  const mutations = metrics.counter('apiserver_mutating_admission_policy_check_total', {
    help: 'Mutation admission policy check total, labeled by policy and further identified by binding.',
    labels,
  });
  const mutationTimes = metrics.histogram('apiserver_mutating_admission_policy_check_duration_seconds', {
    help: 'Mutation admission latency for individual mutation expressions in seconds, labeled by policy and binding.',
    labels,
    buckets,
  });
  return {
    validated: ({ policy, binding, errorType, seconds, action }) => {
      const values = [policy, binding, errorType, action];
      validations.add(values);
      validationTimes.observe(seconds, values);
    },
    mutated: ({ policy, binding, errorType, seconds }) => {
      const values = [policy, binding, errorType];
      mutations.add(values);
      mutationTimes.observe(seconds, values);
    },
  };
}
