import type { Metrics } from '@typernetes/process';

/** The owner and the purpose of match conditions, in upstream's words. */
interface ConditionOwner {
  readonly kind: 'webhook' | 'policy';
  readonly name: string;
  readonly type: 'admit' | 'validating' | 'validate' | 'mutate';
  readonly operation: string;
}

/** Receives the results of evaluating all conditions of a hook or policy. */
export interface ConditionObserver {
  /** The current time in milliseconds, by any monotonic clock. */
  now(): number;
  took(seconds: number): void;
  /** A condition could not be evaluated. */
  failed(): void;
  /** A condition is false: the owner does not handle the request. */
  excluded(): void;
}

export type ConditionMetrics = (owner: ConditionOwner) => ConditionObserver;

/** `apiserver_admission_match_condition_*`. */
export function conditionMetrics(metrics: Metrics, now: () => number): ConditionMetrics {
  const labels = ['name', 'kind', 'type', 'operation'];
  const seconds = metrics.histogram('apiserver_admission_match_condition_evaluation_seconds', {
    help: 'Admission match condition evaluation time in seconds, identified by name and broken out for each kind containing matchConditions (webhook or policy), operation and type (validate or admit).',
    labels,
    buckets: conditionBuckets,
  });
  const errors = metrics.counter('apiserver_admission_match_condition_evaluation_errors_total', {
    help: 'Admission match condition evaluation errors count, identified by name of resource containing the match condition and broken out for each kind containing matchConditions (webhook or policy), operation and admission type (validate or admit).',
    labels,
  });
  const exclusions = metrics.counter('apiserver_admission_match_condition_exclusions_total', {
    help: 'Admission match condition evaluation exclusions count, identified by name of resource containing the match condition and broken out for each kind containing matchConditions (webhook or policy), operation and admission type (validate or admit).',
    labels,
  });
  return ({ name, kind, type, operation }) => {
    const values = [name, kind, type, operation];
    return {
      now,
      took: (took) => seconds.observe(took, values),
      failed: () => errors.add(values),
      excluded: () => exclusions.add(values),
    };
  };
}

const conditionBuckets = [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25];
