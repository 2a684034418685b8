import type { Scale } from '@typernetes/api/autoscaling/v1';
import {
  type HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerStatus,
  horizontalpodautoscalers,
  type MetricStatus,
} from '@typernetes/api/autoscaling/v2';
import type { Pod } from '@typernetes/api/core/v1';
import { type Clock, type Logger, messageOf, timestamp } from '@typernetes/base';
import type { EventRecorder, Lister, Reconciler, ResourceClient, Result } from '@typernetes/client';
import { keyOf, type ObjectKey, parseSelector, type Selector, withCondition } from '@typernetes/machinery';
import { sameJson } from '../same-json.ts';
import type { ScaleClient, ScaleTarget } from '../scales/scale-client.ts';
import type { AutoscalingSettings } from '../settings.ts';
import { MetricError, propose } from './metric-replicas.ts';
import type { AutoscalerMetrics, ScalingOutcome } from './metrics.ts';
import type { MetricsClient } from './metrics-client.ts';
import { emptyMemory, limit, type Memory } from './plan.ts';

export interface AutoscalerDeps {
  readonly autoscalers: Pick<Lister<HorizontalPodAutoscaler>, 'get'>;
  readonly pods: Pick<Lister<Pod>, 'inNamespace'>;
  readonly client: Pick<ResourceClient<HorizontalPodAutoscaler>, 'updateStatus'>;
  readonly scales: ScaleClient;
  readonly metrics: MetricsClient;
  readonly told: AutoscalerMetrics;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly settings: AutoscalingSettings;
  /** Whether what was scaled to zero comes back: the gate HPAScaleToZero. */
  readonly toZero: boolean;
  readonly log: Logger;
}

type ConditionType = 'AbleToScale' | 'ScalingActive' | 'ScalingLimited' | 'ScaledToZero';

/** What an autoscaler says cannot be done. */
class SpecError extends Error {
  override readonly name = 'SpecError';
}

/** Pods that are not there use nothing: only other metrics tell that some are wanted. */
const hasOtherMetrics = ({ spec }: HorizontalPodAutoscaler): boolean =>
  (spec.metrics ?? []).some(({ type }) => type === 'Object' || type === 'External');

/** Whether it was the autoscaler that took the last pod away, and not its user. */
const hasScaledToZero = ({ status }: HorizontalPodAutoscaler): boolean =>
  status?.conditions?.find(({ type }) => type === 'ScaledToZero')?.status === 'True';

function actionOf(current: number, wanted: number): ScalingOutcome['action'] {
  if (wanted === current) return 'none';
  return wanted > current ? 'scale_up' : 'scale_down';
}

/** The status of one round while it comes about. */
class Draft {
  status: HorizontalPodAutoscalerStatus;
  readonly #now: string;

  constructor({ metadata, status }: HorizontalPodAutoscaler, now: string) {
    this.status = { desiredReplicas: 0, ...status, observedGeneration: metadata.generation ?? 0 };
    this.#now = now;
  }

  condition(type: ConditionType, is: boolean, reason: string, message: string): void {
    const condition = { type, status: is ? 'True' : 'False', reason, message };
    this.status = { ...this.status, conditions: withCondition(this.status.conditions, condition, { now: this.#now }) };
  }

  counts(current: number, metrics: readonly MetricStatus[] | undefined): void {
    const { currentMetrics: _, ...rest } = this.status;
    this.status = { ...rest, currentReplicas: current, ...(metrics?.length ? { currentMetrics: [...metrics] } : {}) };
  }
}

/** Which pods an autoscaler counted in its last round. */
interface Selection {
  readonly name: string;
  readonly namespace: string;
  readonly selector: Selector;
}

interface Wanted {
  readonly replicas: number;
  readonly reason: string;
  readonly metrics?: readonly MetricStatus[];
}

export function autoscalerReconciler(deps: AutoscalerDeps): Reconciler {
  const { events, clock, scales, settings, log } = deps;
  const memories = new Map<ObjectKey, Memory>();
  const selections = new Map<ObjectKey, Selection>();
  const target = ({ metadata }: HorizontalPodAutoscaler) => ({
    apiVersion: 'autoscaling/v2',
    kind: horizontalpodautoscalers.kind,
    metadata,
  });
  const warn = (hpa: HorizontalPodAutoscaler, reason: string, message: string): void =>
    events.event(target(hpa), 'Warning', reason, message);

  const getScale = async (hpa: HorizontalPodAutoscaler, of: ScaleTarget, draft: Draft): Promise<Scale> => {
    try {
      const scale = await scales.get(of);
      draft.condition(
        'AbleToScale',
        true,
        'SucceededGetScale',
        "the HPA controller was able to get the target's current scale",
      );
      return scale;
    } catch (error) {
      warn(hpa, 'FailedGetScale', messageOf(error));
      const message = `the HPA controller was unable to get the target's current scale: ${messageOf(error)}`;
      draft.condition('AbleToScale', false, 'FailedGetScale', message);
      throw error;
    }
  };

  /** The pods of the target. Pods that two autoscalers count have no right size: then neither of them acts. */
  const select = (hpa: HorizontalPodAutoscaler, text: string, draft: Draft): Pod[] => {
    const refuse = (event: string, reason: string, message: string, told: string): never => {
      warn(hpa, event, told);
      draft.condition('ScalingActive', false, reason, message);
      throw new SpecError(told);
    };
    if (text === '')
      return refuse(
        'SelectorRequired',
        'InvalidSelector',
        "the HPA target's scale is missing a selector",
        'selector is required',
      );
    const namespace = hpa.metadata.namespace ?? '';
    let selector: Selector;
    try {
      selector = parseSelector(text);
    } catch (error) {
      const told = `couldn't convert selector into a corresponding internal selector object: ${messageOf(error)}`;
      return refuse('InvalidSelector', 'InvalidSelector', told, told);
    }
    selections.set(keyOf(hpa), { name: hpa.metadata.name, namespace, selector });
    const inNamespace = deps.pods.inNamespace(namespace);
    const own = inNamespace.filter(({ metadata }) => selector.matches(metadata.labels));
    const rivals = [...selections.values()]
      .filter((one) => one.namespace === namespace && own.some(({ metadata }) => one.selector.matches(metadata.labels)))
      .map(({ name }) => `{${name} ${namespace}}`);
    if (rivals.length > 1) {
      const told = `pods by selector ${text} are controlled by multiple HPAs: [${rivals.sort().join(' ')}]`;
      return refuse('AmbiguousSelector', 'AmbiguousSelector', told, told);
    }
    return own;
  };

  /** By the metrics: the largest proposal counts; where some cannot be read, nothing is taken away. */
  const byMetrics = async (hpa: HorizontalPodAutoscaler, scale: Scale, draft: Draft): Promise<Wanted> => {
    const selector = scale.status?.selector ?? '';
    const current = scale.spec?.replicas ?? 0;
    const view = {
      hpa,
      specReplicas: current,
      statusReplicas: scale.status?.replicas ?? 0,
      selector,
      pods: select(hpa, selector, draft),
      now: clock.now(),
      settings,
    };
    const metrics = hpa.spec.metrics ?? [];
    const statuses: MetricStatus[] = [];
    let best: { replicas: number; name: string } | undefined;
    let first: MetricError | undefined;
    let invalid = 0;
    for (const metric of metrics) {
      const startedAt = clock.monotonic();
      const computed = (action: ScalingOutcome['action'], error: ScalingOutcome['error']): void =>
        deps.told.computed(metric.type, { action, error, seconds: (clock.monotonic() - startedAt) / 1000 });
      try {
        const { replicas, name, status } = await propose(metric, view, deps.metrics);
        computed(actionOf(current, replicas), 'none');
        statuses.push(status);
        if (!best || replicas > best.replicas) best = { replicas, name };
      } catch (error) {
        computed(
          'none',
          error instanceof MetricError && error.reason === 'InvalidMetricSourceType' ? 'spec' : 'internal',
        );
        if (!(error instanceof MetricError)) throw error;
        warn(hpa, error.reason, error.message);
        first ??= error;
        invalid++;
      }
    }
    if (first && (!best || best.replicas < current)) {
      const { reason, message } = first;
      draft.condition('ScalingActive', false, reason, `the HPA was unable to compute the replica count: ${message}`);
      draft.counts(current, statuses);
      const text = `invalid metrics (${invalid} invalid out of ${metrics.length}), first error is: ${message}`;
      warn(hpa, 'FailedComputeMetricsReplicas', text);
      throw new Error(`failed to compute desired number of replicas based on listed metrics: ${text}`, {
        cause: first,
      });
    }
    const { replicas, name } = best ?? { replicas: current, name: '' };
    const message = `the HPA was able to successfully calculate a replica count from ${name}`;
    draft.condition('ScalingActive', true, 'ValidMetricFound', message);
    const reason = replicas > current ? `${name} above target` : 'All metrics below target';
    return { replicas, reason, metrics: statuses };
  };

  const decide = async (hpa: HorizontalPodAutoscaler, scale: Scale, key: ObjectKey, draft: Draft): Promise<Wanted> => {
    const current = scale.spec?.replicas ?? 0;
    const { minReplicas: min = 1, maxReplicas: max, behavior } = hpa.spec;
    const hasZeroed = deps.toZero && hasScaledToZero(hpa);
    if (current === 0 && !(hasZeroed && (min !== 0 || hasOtherMetrics(hpa)))) {
      const message = 'scaling is disabled since the replica count of the target is zero';
      draft.condition('ScalingActive', false, 'ScalingDisabled', message);
      return { replicas: 0, reason: '' };
    }
    if (current > max) return { replicas: max, reason: 'Current number of replicas above Spec.MaxReplicas' };
    if (current !== 0 && current < min)
      return { replicas: min, reason: 'Current number of replicas below Spec.MinReplicas' };
    const wanted = await byMetrics(hpa, scale, draft);
    // What was recommended and done counts for a while, whatever becomes of the time of day.
    const now = clock.monotonic();
    const { downscaleStabilizationMs } = settings;
    // Before the first round the replicas that are there count as recommended.
    const memory = memories.get(key) ?? { ...emptyMemory, recommendations: [{ replicas: current, at: now }] };
    const limited = limit(wanted.replicas, memory, { current, min, max, behavior, downscaleStabilizationMs, now });
    memories.set(key, limited.memory);
    draft.condition('AbleToScale', true, limited.able.reason, limited.able.message);
    draft.condition('ScalingLimited', limited.isLimited, limited.range.reason, limited.range.message);
    return { ...wanted, replicas: current === 0 ? Math.max(limited.replicas, min) : limited.replicas };
  };

  const rescale = async (
    hpa: HorizontalPodAutoscaler,
    { of, scale, key, wanted, draft }: { of: ScaleTarget; scale: Scale; key: ObjectKey; wanted: Wanted; draft: Draft },
  ): Promise<void> => {
    const { replicas, reason } = wanted;
    const current = scale.spec?.replicas ?? 0;
    try {
      await scales.update(of, { ...scale, spec: { ...scale.spec, replicas } });
    } catch (error) {
      warn(hpa, 'FailedRescale', `New size: ${replicas}; reason: ${reason}; error: ${messageOf(error)}`);
      const message = `the HPA controller was unable to update the target scale: ${messageOf(error)}`;
      draft.condition('AbleToScale', false, 'FailedUpdateScale', message);
      draft.counts(current, wanted.metrics);
      throw error;
    }
    const message = `the HPA controller was able to update the target scale to ${replicas}`;
    draft.condition('AbleToScale', true, 'SucceededRescale', message);
    if (deps.toZero) {
      const zeroed = current > 0 && replicas === 0 && hpa.spec.minReplicas === 0 && hasOtherMetrics(hpa);
      const told = `the HPA controller ${zeroed ? 'scaled' : 'did not scale'} the workload to zero`;
      draft.condition('ScaledToZero', zeroed, zeroed ? 'ScaledToZero' : 'NotScaledToZero', told);
    }
    events.event(target(hpa), 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`);
    const memory = memories.get(key) ?? emptyMemory;
    memories.set(key, { ...memory, changes: [...memory.changes, { by: replicas - current, at: clock.monotonic() }] });
    draft.status = { ...draft.status, lastScaleTime: timestamp(clock.now()) };
  };

  /** What it has done. */
  const round = async (
    hpa: HorizontalPodAutoscaler,
    key: ObjectKey,
    draft: Draft,
  ): Promise<ScalingOutcome['action']> => {
    const { kind, name, apiVersion = 'v1' } = hpa.spec.scaleTargetRef;
    const of = { apiVersion, kind, name, namespace: hpa.metadata.namespace ?? '' };
    const scale = await getScale(hpa, of, draft);
    const current = scale.spec?.replicas ?? 0;
    const wanted = await decide(hpa, scale, key, draft);
    if (wanted.replicas !== current) await rescale(hpa, { of, scale, key, wanted, draft });
    draft.counts(current, wanted.metrics);
    draft.status = { ...draft.status, desiredReplicas: wanted.replicas };
    return actionOf(current, wanted.replicas);
  };

  return {
    name: 'horizontal-pod-autoscaler-controller',
    async reconcile(key): Promise<Result> {
      const hpa = deps.autoscalers.get(key);
      if (!hpa) {
        memories.delete(key);
        selections.delete(key);
        return {};
      }
      const draft = new Draft(hpa, timestamp(clock.now()));
      const startedAt = clock.monotonic();
      const ended = (action: ScalingOutcome['action'], error: ScalingOutcome['error']): void =>
        deps.told.reconciled({ action, error, seconds: (clock.monotonic() - startedAt) / 1000 });
      try {
        ended(await round(hpa, key, draft), 'none');
      } catch (error) {
        ended('none', error instanceof SpecError ? 'spec' : 'internal');
        // Events and conditions have told users; the next round comes in time anyway.
        log.error('Cannot compute the size of a scale target', error, { key });
      }
      if (!sameJson(draft.status, hpa.status)) await deps.client.updateStatus({ ...hpa, status: draft.status });
      return { requeueAfterMs: settings.syncPeriodMs };
    },
  };
}
