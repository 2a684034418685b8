import { type Counter, exponentialBuckets, type Gauge, type Histogram, type Metrics } from '@typernetes/process';

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
  readonly preemptions: Counter;
  readonly preemptionDuration: Histogram;
  readonly permitWait: Histogram;
  readonly scheduledAfterFlush: Counter;
  readonly inflightEvents: Gauge;
  readonly binding: Gauge;
}

export function schedulerMetrics(metrics: Metrics): SchedulerMetrics {
  return {
    attempts: metrics.counter('scheduler_schedule_attempts_total', {
      help: "Number of attempts to schedule pods, by the result. 'unschedulable' means a pod could not be scheduled, while 'error' means an internal scheduler problem.",
      stability: 'STABLE',
      labels: ['profile', 'result'],
    }),
    attemptDuration: metrics.histogram('scheduler_scheduling_attempt_duration_seconds', {
      help: 'Scheduling attempt latency in seconds (scheduling algorithm + binding)',
      stability: 'STABLE',
      labels: ['profile', 'result'],
      buckets: exponentialBuckets(0.001, 2, 15),
    }),
    algorithmDuration: metrics.histogram('scheduler_scheduling_algorithm_duration_seconds', {
      help: 'Scheduling algorithm latency in seconds',
      buckets: exponentialBuckets(0.001, 2, 15),
    }),
    extensionPointDuration: metrics.histogram('scheduler_framework_extension_point_duration_seconds', {
      help: 'Latency for running all plugins of a specific extension point.',
      stability: 'STABLE',
      labels: ['extension_point', 'profile', 'status'],
      buckets: exponentialBuckets(0.0001, 2, 12),
    }),
    podAttempts: metrics.histogram('scheduler_pod_scheduling_attempts', {
      help: 'Number of attempts to successfully schedule a pod.',
      stability: 'STABLE',
      buckets: exponentialBuckets(1, 2, 5),
    }),
    podDuration: metrics.histogram('scheduler_pod_scheduling_sli_duration_seconds', {
      help: 'E2e latency for a pod being scheduled, from the time the pod enters the scheduling queue and might involve multiple scheduling attempts.',
      stability: 'BETA',
      labels: ['attempts'],
      buckets: exponentialBuckets(0.01, 2, 20),
    }),
    pending: metrics.gauge('scheduler_pending_pods', {
      help: "Number of pending pods, by the queue type. 'active' means number of pods in activeQ; 'backoff' means number of pods in backoffQ; 'unschedulable' means number of pods in unschedulablePods that the scheduler attempted to schedule and failed; 'gated' is the number of unschedulable pods that the scheduler never attempted to schedule because they are gated.",
      stability: 'STABLE',
      labels: ['queue'],
    }),
    unschedulable: metrics.gauge('scheduler_unschedulable_pods', {
      help: 'The number of unschedulable pods broken down by plugin name. A pod will increment the gauge for all plugins that caused it to not schedule and so this metric have meaning only when broken down by plugin.',
      labels: ['plugin', 'profile'],
    }),
    incoming: metrics.counter('scheduler_queue_incoming_pods_total', {
      help: 'Number of pods added to scheduling queues by event and queue type.',
      stability: 'STABLE',
      labels: ['event', 'queue'],
    }),
    cacheSize: metrics.gauge('scheduler_cache_size', {
      help: 'Number of nodes, pods, and assumed (bound) pods in the scheduler cache.',
      labels: ['type'],
    }),
    preemptionAttempts: metrics.counter('scheduler_preemption_attempts_total', {
      help: 'Total preemption attempts in the cluster till now',
      stability: 'STABLE',
    }),
    preemptionVictims: metrics.histogram('scheduler_preemption_victims', {
      help: 'Number of selected preemption victims',
      stability: 'STABLE',
      buckets: exponentialBuckets(1, 2, 7),
    }),
    preemptions: metrics.counter('scheduler_preemption_goroutines_execution_total', {
      help: 'Number of preemption goroutines executed.',
      labels: ['result'],
    }),
    preemptionDuration: metrics.histogram('scheduler_preemption_goroutines_duration_seconds', {
      help: 'Duration in seconds for running goroutines for the preemption.',
      labels: ['result'],
      buckets: exponentialBuckets(0.01, 2, 20),
    }),
    permitWait: metrics.histogram('scheduler_permit_wait_duration_seconds', {
      help: 'Duration of waiting on permit.',
      labels: ['result'],
      buckets: exponentialBuckets(0.001, 2, 15),
    }),
    scheduledAfterFlush: metrics.counter('scheduler_pod_scheduled_after_flush_total', {
      help: 'Number of pods that were successfully scheduled after being flushed from unschedulablePods due to timeout. This metric helps detect potential queueing hint misconfigurations or event handling issues.',
    }),
    inflightEvents: metrics.gauge('scheduler_inflight_events', {
      help: 'Number of events currently tracked in the scheduling queue.',
      labels: ['event'],
    }),
    binding: metrics.gauge('scheduler_goroutines', {
      help: 'Number of running goroutines split by the work they do such as binding.',
      labels: ['operation'],
    }),
  };
}
