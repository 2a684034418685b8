import type { HorizontalPodAutoscaler } from '@typernetes/api/autoscaling/v2';
import type { Lister } from '@typernetes/client';
import { exponentialBuckets, type Metrics } from '@typernetes/process';

/** The result of a round or of one metric, in upstream's words. */
export interface ScalingOutcome {
  readonly action: 'scale_up' | 'scale_down' | 'none';
  readonly error: 'spec' | 'internal' | 'none';
  readonly seconds: number;
}

export function actionOf(current: number, wanted: number): ScalingOutcome['action'] {
  if (wanted === current) return 'none';
  return wanted > current ? 'scale_up' : 'scale_down';
}

export interface AutoscalerMetrics {
  reconciled(outcome: ScalingOutcome): void;
  computed(metricType: string, outcome: ScalingOutcome): void;
}

const prefix = 'horizontal_pod_autoscaler_controller';
const meaning =
  "The label 'action' should be either 'scale_down', 'scale_up', or 'none'. Also, the label 'error' should be either 'spec', 'internal', or 'none'.";
const first =
  'Note that if both spec and internal errors happen during a reconciliation, the first one to occur is reported in `error` label.';
const ofMetric = "The label 'metric_type' corresponds to HPA.spec.metrics[*].type";

export function autoscalerMetrics(
  metrics: Metrics,
  autoscalers: Pick<Lister<HorizontalPodAutoscaler>, 'list'>,
): AutoscalerMetrics {
  const buckets = exponentialBuckets(0.001, 2, 16);
  const labels = ['action', 'error'];
  const rounds = metrics.counter(`${prefix}_reconciliations_total`, {
    help: `Number of reconciliations of HPA controller. ${meaning} ${first}`,
    labels,
  });
  const roundTimes = metrics.histogram(`${prefix}_reconciliation_duration_seconds`, {
    help: `The time(seconds) that the HPA controller takes to reconcile once. ${meaning} ${first}`,
    labels,
    buckets,
  });
  const computations = metrics.counter(`${prefix}_metric_computation_total`, {
    help: `Number of metric computations. ${meaning} ${ofMetric}`,
    labels: [...labels, 'metric_type'],
  });
  const computationTimes = metrics.histogram(`${prefix}_metric_computation_duration_seconds`, {
    help: `The time(seconds) that the HPA controller takes to calculate one metric. ${meaning.replace('Also, the', 'The')} ${ofMetric}`,
    labels: [...labels, 'metric_type'],
    buckets,
  });
  const count = metrics.gauge(`${prefix}_num_horizontal_pod_autoscalers`, {
    help: 'Current number of controlled HPA objects.',
  });
  const desired = metrics.gauge(`${prefix}_desired_replicas`, {
    help: 'Current desired replica count for HPA objects.',
    labels: ['namespace', 'hpa_name'],
  });
  metrics.beforeRender(() => {
    const all = autoscalers.list();
    count.set(all.length);
    desired.clear();
    for (const { metadata, status } of all)
      desired.set(status?.desiredReplicas ?? 0, [metadata.namespace ?? '', metadata.name]);
  });
  return {
    reconciled: ({ action, error, seconds }) => {
      rounds.add([action, error]);
      roundTimes.observe(seconds, [action, error]);
    },
    computed: (type, { action, error, seconds }) => {
      computations.add([action, error, type]);
      computationTimes.observe(seconds, [action, error, type]);
    },
  };
}
