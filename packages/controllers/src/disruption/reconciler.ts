import { podCondition } from '@typernetes/api';
import { type Pod, pods as podType } from '@typernetes/api/core/v1';
import { type PodDisruptionBudget, poddisruptionbudgets } from '@typernetes/api/policy/v1';
import { type Clock, messageOf, timestamp } from '@typernetes/base';
import type { EventRecorder, Lister, Reconciler, ResourceClient, Result } from '@typernetes/client';
import { formatLabelSelector, jsonEqual, parseTime, selectorFromObject } from '@typernetes/machinery';
import { ownersScale, type ScaleSources } from './expected-scale.ts';
import { deletionTimeoutMs, expectation, failSafe, needsScale, planBudget } from './plan.ts';

interface DisruptionDeps extends ScaleSources {
  readonly budgets: Pick<Lister<PodDisruptionBudget>, 'get'>;
  readonly pods: Pick<Lister<Pod>, 'inNamespace'>;
  readonly budgetClient: Pick<ResourceClient<PodDisruptionBudget>, 'updateStatus'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

export function disruptionReconciler(deps: DisruptionDeps): Reconciler {
  const { events, clock, budgetClient } = deps;
  const target = ({ metadata }: PodDisruptionBudget) => ({
    apiVersion: 'policy/v1',
    kind: poddisruptionbudgets.kind,
    metadata,
  });

  const expected = async (budget: PodDisruptionBudget, pods: readonly Pod[]) => {
    if (!needsScale(budget)) return expectation(budget, { scale: 0, count: pods.length });
    try {
      const { scale, unmanaged } = await ownersScale(pods, deps);
      if (unmanaged.length > 0) {
        const message = `Pods selected by this PodDisruptionBudget (selector: ${formatLabelSelector(budget.spec.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
        events.event(target(budget), 'Warning', 'UnmanagedPods', message);
      }
      return expectation(budget, { scale, count: pods.length });
    } catch (error) {
      const message = `Failed to calculate the number of expected pods: ${messageOf(error)}`;
      events.event(target(budget), 'Warning', 'CalculateExpectedPodCountFailed', message);
      throw error;
    }
  };

  const store = async (budget: PodDisruptionBudget, status: PodDisruptionBudget['status']): Promise<void> => {
    if (status && !jsonEqual(status, budget.status)) await budgetClient.updateStatus({ ...budget, status });
  };

  return {
    name: 'disruption-controller',
    async reconcile(key): Promise<Result> {
      const budget = deps.budgets.get(key);
      if (!budget) return {};
      const selector = selectorFromObject(budget.spec.selector);
      const pods = deps.pods
        .inNamespace(budget.metadata.namespace ?? '')
        .filter(({ metadata }) => selector.matches(metadata.labels));
      if (pods.length === 0) events.event(target(budget), 'Normal', 'NoPods', 'No matching pods found');
      const now = clock.now();
      let expectedNow: Awaited<ReturnType<typeof expected>>;
      try {
        expectedNow = await expected(budget, pods);
      } catch (error) {
        await store(budget, failSafe(budget, { message: messageOf(error), timestamp: timestamp(now) }));
        throw error;
      }
      const plan = planBudget(budget, pods, { ...expectedNow, now, timestamp: timestamp(now) });
      for (const { metadata } of plan.notDeleted) {
        const message = `Pod was expected by PDB ${key} to be deleted but it wasn't`;
        events.event({ apiVersion: 'v1', kind: podType.kind, metadata }, 'Warning', 'NotDeleted', message);
      }
      await store(budget, plan.status);
      return plan.recheckAfterMs === undefined ? {} : { requeueAfterMs: plan.recheckAfterMs };
    },
  };
}

interface StaleDisruptionDeps {
  readonly pods: Pick<Lister<Pod>, 'get'>;
  readonly podClient: Pick<ResourceClient<Pod>, 'patch'>;
  readonly clock: Clock;
}

/** Takes back the DisruptionTarget condition of pods that were to be disturbed and were not. Keys are those of pods. */
export function staleDisruptionReconciler({ pods, podClient, clock }: StaleDisruptionDeps): Reconciler {
  return {
    name: 'stale-pod-disruption',
    async reconcile(key): Promise<Result> {
      const pod = pods.get(key);
      const condition = pod && disruptionTarget(pod);
      if (!pod || !condition) return {};
      const left = parseTime(condition.lastTransitionTime ?? '') + deletionTimeoutMs - clock.now();
      if (left > 0) return { requeueAfterMs: left };
      const { name, namespace, uid } = pod.metadata;
      const ended = { type: condition.type, status: 'False', lastTransitionTime: timestamp(clock.now()) };
      const change = { metadata: { uid }, status: { conditions: [ended] } };
      await podClient.patch({ name, namespace }, change, { type: 'strategic', subresource: 'status' });
      return {};
    },
  };
}

/** The condition of a pod that waits to be deleted and still runs. */
export function disruptionTarget(pod: Pod) {
  const isOver = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
  if (isOver || pod.metadata.deletionTimestamp !== undefined) return undefined;
  const condition = podCondition(pod, 'DisruptionTarget');
  return condition?.status === 'True' ? condition : undefined;
}
