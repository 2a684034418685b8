import type { Counter, Gauge, Histogram, Metrics } from '@typernetes/process';

/** Upper bounds: `count` of them, each `factor` times the one before. */
function exponential(start: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start * factor ** i);
}

/** The scheduler's metrics, by upstream's names. */
export interface SchedulerMetrics {
  readonly attempts: Counter;
  readonly attemptDuration: Histogram;
  readonly algorithmDuration: Histogram;
  readonly extensionPointDuration: Histogram;
  readonly podAttempts: Histogram;
  readonly podDuration: Histogram;
  readonly pending: Gauge;
  readonly unschedulable: Gauge;
  readonly incoming: Counter;
  readonly cacheSize: Gauge;
  readonly preemptionAttempts: Counter;
  readonly preemptionVictims: Histogram;
  readonly permitWait: Histogram;
}

export function schedulerMetrics(metrics: Metrics): SchedulerMetrics {
  return {
    attempts: metrics.counter('scheduler_schedule_attempts_total', {
      help: 'Number of attempts to schedule pods, by the result: unschedulable means that no node fits, error an internal problem.',
      labels: ['profile', 'result'],
    }),
    attemptDuration: metrics.histogram('scheduler_scheduling_attempt_duration_seconds', {
      help: 'Time of one attempt: deciding and binding.',
      labels: ['profile', 'result'],
      buckets: exponential(0.001, 2, 15),
    }),
    algorithmDuration: metrics.histogram('scheduler_scheduling_algorithm_duration_seconds', {
      help: 'Time of one decision.',
      buckets: exponential(0.001, 2, 15),
    }),
    extensionPointDuration: metrics.histogram('scheduler_framework_extension_point_duration_seconds', {
      help: 'Time that all plugins of an extension point take.',
      labels: ['extension_point', 'profile', 'status'],
      buckets: exponential(0.0001, 2, 12),
    }),
    podAttempts: metrics.histogram('scheduler_pod_scheduling_attempts', {
      help: 'Number of attempts until a pod was scheduled.',
      buckets: exponential(1, 2, 5),
    }),
    podDuration: metrics.histogram('scheduler_pod_scheduling_sli_duration_seconds', {
      help: 'Time from a pod entering the queue until it is scheduled, whatever number of attempts it takes.',
      labels: ['attempts'],
      buckets: exponential(0.01, 2, 20),
    }),
    pending: metrics.gauge('scheduler_pending_pods', {
      help: 'Number of waiting pods, by the queue they are in.',
      labels: ['queue'],
    }),
    unschedulable: metrics.gauge('scheduler_unschedulable_pods', {
      help: 'Number of unschedulable pods by the plugin that refused them; a pod counts for every plugin that did.',
      labels: ['plugin', 'profile'],
    }),
    incoming: metrics.counter('scheduler_queue_incoming_pods_total', {
      help: 'Number of pods added to queues, by event and queue.',
      labels: ['event', 'queue'],
    }),
    cacheSize: metrics.gauge('scheduler_cache_size', {
      help: 'Number of nodes, pods, and assumed (not yet bound) pods that the scheduler knows.',
      labels: ['type'],
    }),
    preemptionAttempts: metrics.counter('scheduler_preemption_attempts_total', {
      help: 'Number of attempts to make room by preemption.',
    }),
    preemptionVictims: metrics.histogram('scheduler_preemption_victims', {
      help: 'Number of victims of a preemption.',
      buckets: exponential(1, 2, 7),
    }),
    permitWait: metrics.histogram('scheduler_permit_wait_duration_seconds', {
      help: 'Time that pods wait for their permit.',
      labels: ['result'],
      buckets: exponential(0.001, 2, 15),
    }),
  };
}
