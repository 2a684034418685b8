import type { Scale } from '@typernetes/api/autoscaling/v1';
import type { HorizontalPodAutoscaler } from '@typernetes/api/autoscaling/v2';
import type { Pod } from '@typernetes/api/core/v1';
import { type Clock, type Logger, messageOf, timestamp } from '@typernetes/base';
import type { EventRecorder, Lister, Reconciler, ResourceClient, Result } from '@typernetes/client';
import { jsonEqual, keyOf, type ObjectKey } from '@typernetes/machinery';
import type { AutoscalingSettings } from '../context/settings.ts';
import type { ScaleClient, ScaleTarget } from '../scales/scale-client.ts';
import { type AutoscalerMetrics, actionOf, type ScalingOutcome } from './metrics.ts';
import type { MetricsClient } from './metrics-client.ts';
import { type Wanted, wantedByMetrics } from './metrics-proposal.ts';
import { emptyMemory, limit, type Memory } from './plan.ts';
import { Round, SpecError } from './round.ts';
import { TargetPods } from './target-pods.ts';

interface AutoscalerDeps {
  readonly autoscalers: Pick<Lister<HorizontalPodAutoscaler>, 'get'>;
  readonly pods: Pick<Lister<Pod>, 'inNamespace'>;
  readonly client: Pick<ResourceClient<HorizontalPodAutoscaler>, 'updateStatus'>;
  readonly scales: ScaleClient;
  readonly metrics: MetricsClient;
  readonly observer: AutoscalerMetrics;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly settings: AutoscalingSettings;
  /** Whether targets that were scaled to zero are scaled up again: the gate HPAScaleToZero. */
  readonly toZero: boolean;
  readonly log: Logger;
}

/** Pods that do not exist use nothing, so only other metrics can tell that some are wanted. */
const hasOtherMetrics = ({ spec }: HorizontalPodAutoscaler): boolean =>
  (spec.metrics ?? []).some(({ type }) => type === 'Object' || type === 'External');

/** Whether the autoscaler itself, and not a user, scaled the target to zero. */
const hasScaledToZero = ({ status }: HorizontalPodAutoscaler): boolean =>
  status?.conditions?.find(({ type }) => type === 'ScaledToZero')?.status === 'True';

/** Each round reads the target's scale, decides on its size, updates it if that differs, and writes the status. */
export class AutoscalerReconciler implements Reconciler {
  readonly name = 'horizontal-pod-autoscaler-controller';
  readonly #deps: AutoscalerDeps;
  readonly #pods: TargetPods;
  readonly #memories = new Map<ObjectKey, Memory>();

  constructor(deps: AutoscalerDeps) {
    this.#deps = deps;
    this.#pods = new TargetPods(deps.pods);
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const { autoscalers, client, clock, events, settings, observer, log } = this.#deps;
    const hpa = autoscalers.get(key);
    if (!hpa) {
      this.#memories.delete(key);
      this.#pods.forget(key);
      return {};
    }
    const round = new Round(hpa, timestamp(clock.now()), events);
    const startedAt = clock.monotonic();
    const ended = (action: ScalingOutcome['action'], error: ScalingOutcome['error']): void =>
      observer.reconciled({ action, error, seconds: (clock.monotonic() - startedAt) / 1000 });
    try {
      ended(await this.#scale(round), 'none');
    } catch (error) {
      ended('none', error instanceof SpecError ? 'spec' : 'internal');
      // Events and conditions have reported it; the next round is due anyway.
      log.error('Cannot compute the size of a scale target', error, { key });
    }
    if (!jsonEqual(round.status, hpa.status)) await client.updateStatus({ ...hpa, status: round.status });
    return { requeueAfterMs: settings.syncPeriodMs };
  }

  /** Returns what was done with the target. */
  async #scale(round: Round): Promise<ScalingOutcome['action']> {
    const { kind, name, apiVersion = 'v1' } = round.hpa.spec.scaleTargetRef;
    const of = { apiVersion, kind, name, namespace: round.namespace };
    const scale = await this.#readScale(round, of);
    const current = scale.spec?.replicas ?? 0;
    const wanted = await this.#decide(round, scale);
    if (wanted.replicas !== current) await this.#rescale(round, { of, scale, wanted });
    round.counts(current, wanted.metrics);
    round.status = { ...round.status, desiredReplicas: wanted.replicas };
    return actionOf(current, wanted.replicas);
  }

  async #readScale(round: Round, of: ScaleTarget): Promise<Scale> {
    try {
      const scale = await this.#deps.scales.get(of);
      const message = "the HPA controller was able to get the target's current scale";
      round.condition('AbleToScale', true, 'SucceededGetScale', message);
      return scale;
    } catch (error) {
      round.warn('FailedGetScale', messageOf(error));
      const message = `the HPA controller was unable to get the target's current scale: ${messageOf(error)}`;
      round.condition('AbleToScale', false, 'FailedGetScale', message);
      throw error;
    }
  }

  /** The wanted size: bounds first, then the metrics, limited by what was recommended and done before. */
  async #decide(round: Round, scale: Scale): Promise<Wanted> {
    const current = scale.spec?.replicas ?? 0;
    const { hpa } = round;
    const { minReplicas: min = 1, maxReplicas: max } = hpa.spec;
    const hasZeroed = this.#deps.toZero && hasScaledToZero(hpa);
    if (current === 0 && !(hasZeroed && (min !== 0 || hasOtherMetrics(hpa)))) {
      const message = 'scaling is disabled since the replica count of the target is zero';
      round.condition('ScalingActive', false, 'ScalingDisabled', message);
      return { replicas: 0, reason: '' };
    }
    if (current > max) return { replicas: max, reason: 'Current number of replicas above Spec.MaxReplicas' };
    if (current !== 0 && current < min)
      return { replicas: min, reason: 'Current number of replicas below Spec.MinReplicas' };
    const pods = this.#pods.select(round, scale.status?.selector ?? '');
    const wanted = await wantedByMetrics(round, { scale, pods }, this.#deps);
    return { ...wanted, replicas: this.#limited(round, current, wanted.replicas) };
  }

  #limited(round: Round, current: number, wanted: number): number {
    const { clock, settings } = this.#deps;
    const { minReplicas: min = 1, maxReplicas: max, behavior } = round.hpa.spec;
    const key = keyOf(round.hpa);
    // By the monotonic clock: a change of the wall clock must not affect past recommendations and changes.
    const now = clock.monotonic();
    const { downscaleStabilizationMs } = settings;
    // Before the first round the existing replicas count as recommended.
    const memory = this.#memories.get(key) ?? { ...emptyMemory, recommendations: [{ replicas: current, at: now }] };
    const limited = limit(wanted, memory, { current, min, max, behavior, downscaleStabilizationMs, now });
    this.#memories.set(key, limited.memory);
    round.condition('AbleToScale', true, limited.able.reason, limited.able.message);
    round.condition('ScalingLimited', limited.isLimited, limited.range.reason, limited.range.message);
    return current === 0 ? Math.max(limited.replicas, min) : limited.replicas;
  }

  async #rescale(
    round: Round,
    { of, scale, wanted }: { readonly of: ScaleTarget; readonly scale: Scale; readonly wanted: Wanted },
  ): Promise<void> {
    const { scales, clock } = this.#deps;
    const { replicas, reason } = wanted;
    const current = scale.spec?.replicas ?? 0;
    try {
      await scales.update(of, { ...scale, spec: { ...scale.spec, replicas } });
    } catch (error) {
      round.warn('FailedRescale', `New size: ${replicas}; reason: ${reason}; error: ${messageOf(error)}`);
      const message = `the HPA controller was unable to update the target scale: ${messageOf(error)}`;
      round.condition('AbleToScale', false, 'FailedUpdateScale', message);
      round.counts(current, wanted.metrics);
      throw error;
    }
    const message = `the HPA controller was able to update the target scale to ${replicas}`;
    round.condition('AbleToScale', true, 'SucceededRescale', message);
    if (this.#deps.toZero) {
      const zeroed = current > 0 && replicas === 0 && round.hpa.spec.minReplicas === 0 && hasOtherMetrics(round.hpa);
      const message = `the HPA controller ${zeroed ? 'scaled' : 'did not scale'} the workload to zero`;
      round.condition('ScaledToZero', zeroed, zeroed ? 'ScaledToZero' : 'NotScaledToZero', message);
    }
    round.event('Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`);
    const key = keyOf(round.hpa);
    const memory = this.#memories.get(key) ?? emptyMemory;
    const change = { by: replicas - current, at: clock.monotonic() };
    this.#memories.set(key, { ...memory, changes: [...memory.changes, change] });
    round.status = { ...round.status, lastScaleTime: timestamp(clock.now()) };
  }
}
