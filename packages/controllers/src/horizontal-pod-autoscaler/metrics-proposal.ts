import type { Scale } from '@typernetes/api/autoscaling/v1';
import type { MetricStatus } from '@typernetes/api/autoscaling/v2';
import type { Pod } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import type { AutoscalingSettings } from '../context/settings.ts';
import { MetricError, propose } from './metric-replicas.ts';
import { type AutoscalerMetrics, actionOf } from './metrics.ts';
import type { MetricsClient } from './metrics-client.ts';
import type { Round } from './round.ts';

/** The wanted number of replicas, why, and the current values of the metrics. */
export interface Wanted {
  readonly replicas: number;
  readonly reason: string;
  readonly metrics?: readonly MetricStatus[];
}

interface ProposalDeps {
  readonly metrics: MetricsClient;
  readonly observer: AutoscalerMetrics;
  readonly clock: Clock;
  readonly settings: AutoscalingSettings;
}

interface Proposals {
  readonly statuses: readonly MetricStatus[];
  readonly best: { readonly replicas: number; readonly name: string } | undefined;
  readonly errors: readonly MetricError[];
}

/**
 * The size by all metrics: the largest proposal counts. If some metrics cannot be read, the target is never scaled down:
 * then this sets the condition, and rejects.
 */
export async function wantedByMetrics(
  round: Round,
  target: { readonly scale: Scale; readonly pods: readonly Pod[] },
  deps: ProposalDeps,
): Promise<Wanted> {
  const current = target.scale.spec?.replicas ?? 0;
  const { statuses, best, errors } = await proposals(round, target, deps);
  const [first] = errors;
  if (first && (!best || best.replicas < current)) {
    const { reason, message } = first;
    round.condition('ScalingActive', false, reason, `the HPA was unable to compute the replica count: ${message}`);
    round.counts(current, statuses);
    const counts = `${errors.length} invalid out of ${round.hpa.spec.metrics?.length ?? 0}`;
    const text = `invalid metrics (${counts}), first error is: ${message}`;
    round.warn('FailedComputeMetricsReplicas', text);
    throw new Error(`failed to compute desired number of replicas based on listed metrics: ${text}`, { cause: first });
  }
  const { replicas, name } = best ?? { replicas: current, name: '' };
  const message = `the HPA was able to successfully calculate a replica count from ${name}`;
  round.condition('ScalingActive', true, 'ValidMetricFound', message);
  const reason = replicas > current ? `${name} above target` : 'All metrics below target';
  return { replicas, reason, metrics: statuses };
}

/** Asks each metric for its proposal; an unreadable one causes an event. */
async function proposals(
  round: Round,
  { scale, pods }: { readonly scale: Scale; readonly pods: readonly Pod[] },
  { metrics, observer, clock, settings }: ProposalDeps,
): Promise<Proposals> {
  const { hpa } = round;
  const current = scale.spec?.replicas ?? 0;
  const view = {
    hpa,
    specReplicas: current,
    statusReplicas: scale.status?.replicas ?? 0,
    selector: scale.status?.selector ?? '',
    pods,
    now: clock.now(),
    settings,
  };
  const statuses: MetricStatus[] = [];
  const errors: MetricError[] = [];
  let best: Proposals['best'];
  for (const metric of hpa.spec.metrics ?? []) {
    const startedAt = clock.monotonic();
    const seconds = (): number => (clock.monotonic() - startedAt) / 1000;
    try {
      const { replicas, name, status } = await propose(metric, view, metrics);
      observer.computed(metric.type, { action: actionOf(current, replicas), error: 'none', seconds: seconds() });
      statuses.push(status);
      if (!best || replicas > best.replicas) best = { replicas, name };
    } catch (error) {
      const isSpec = error instanceof MetricError && error.reason === 'InvalidMetricSourceType';
      observer.computed(metric.type, { action: 'none', error: isSpec ? 'spec' : 'internal', seconds: seconds() });
      if (!(error instanceof MetricError)) throw error;
      round.warn(error.reason, error.message);
      errors.push(error);
    }
  }
  return { statuses, best, errors };
}
