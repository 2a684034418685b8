import { isPodReady } from '@typernetes/api';
import { type Pod, pods } from '@typernetes/api/core/v1';
import type { Eviction, PodDisruptionBudget } from '@typernetes/api/policy/v1';
import { poddisruptionbudgets } from '@typernetes/api/policy/v1';
import { timestamp } from '@typernetes/base';
import {
  type ApiObject,
  badRequest,
  type DeleteOptions,
  isJsonObject,
  StatusError,
  selectorFromObject,
  withCondition,
} from '@typernetes/machinery';
import { type Document, decodeAs, fieldValidationOf, readDocument } from '../handlers/decode.ts';
import { valueReply } from '../handlers/encode.ts';
import { type CallHandler, writeOptionsOf } from '../handlers/resource-call.ts';
import type { ResourceRouter } from '../handlers/resource-router.ts';
import { admissionRequest } from '../storage/admission-request.ts';
import { admitAnswered } from '../storage/admit.ts';
import { checkDeleteOptions, deleteObject } from '../storage/delete.ts';
import { updateObject } from '../storage/update.ts';

const type = { group: 'policy', version: 'v1', kind: 'Eviction' };

/** The version before is accepted as well, for the sake of old clients; its fields are the same. */
function asV1(document: Document): Document {
  const { value } = document;
  if (!isJsonObject(value) || value.apiVersion !== 'policy/v1beta1') return document;
  return { ...document, value: { ...value, apiVersion: 'policy/v1' } };
}

/** POST pods/eviction: deletes the pod unless a disruption budget needs it. */
export function evictionHandler(router: ResourceRouter): CallHandler {
  return async (call) => {
    const { context, storage, namespace, name, output } = call;
    const document = await readDocument(context.request, type.kind);
    const validation = fieldValidationOf(context.request.query);
    const eviction = decodeAs(type, asV1(document), { validation, context }) as unknown as Eviction;
    if (eviction.metadata?.name !== name) throw badRequest('name in URL does not match name in Eviction object');
    const pod = (await storage.get(namespace, name)).object as Pod;
    const write = writeOptionsOf(context, 'DeleteOptions');
    const deleteOptions: DeleteOptions = eviction.deleteOptions ?? {};
    checkDeleteOptions(deleteOptions);
    const options = { ...write, dryRun: write.dryRun || (deleteOptions.dryRun ?? []).length > 0 };
    const request = admissionRequest(
      storage,
      { ...options, namespace, subresource: 'eviction' },
      { operation: 'CREATE', object: eviction as ApiObject, oldObject: undefined, name, objectType: type },
    );
    await admitAnswered(storage.deps.admission, request);
    if (!isOver(pod)) {
      await spendBudget(router, pod, options);
      await markDisturbed(router, pod, options);
    }
    await deleteObject(storage, name, {
      ...options,
      namespace,
      deleteOptions,
      raw: { ...deleteOptions, kind: 'DeleteOptions' },
    });
    return await valueReply(
      201,
      { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
      output,
    );
  };
}

/** Pods that do not run, or are on their way out, disturb no budget. */
function isOver({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined || ['Succeeded', 'Failed', 'Pending'].includes(status?.phase ?? '');
}

async function spendBudget(
  router: ResourceRouter,
  pod: Pod,
  options: ReturnType<typeof writeOptionsOf>,
): Promise<void> {
  const storage = router.storageOf(poddisruptionbudgets);
  const namespace = pod.metadata.namespace ?? '';
  const budgets: PodDisruptionBudget[] = [];
  for (const [, cached] of storage.cache.range(`${namespace}/`)) {
    const budget = storage.form.of(cached).object as PodDisruptionBudget;
    if (selectorFromObject(budget.spec?.selector).matches(pod.metadata.labels)) budgets.push(budget);
  }
  if (budgets.length > 1)
    throw new StatusError(
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const [budget] = budgets;
  if (!budget || mayGoUnhealthy(budget, pod)) return;
  const part = storage.served.subresources.status;
  const { name } = budget.metadata;
  await updateObject(
    storage,
    (current) =>
      takeOne(structuredClone(current ?? budget) as PodDisruptionBudget, pod.metadata.name, storage.deps.clock.now()),
    {
      ...options,
      namespace,
      name,
      strategy: part?.via === 'strategy' ? part.strategy : {},
      subresource: 'status',
      mayCreate: false,
    },
  );
}

/**
 * Evicting a pod that is not ready costs no disruption: it is allowed when the policy says so, or when enough others
 * are healthy.
 */
function mayGoUnhealthy({ spec, status }: PodDisruptionBudget, pod: Pod): boolean {
  if (isPodReady(pod)) return false;
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

/** Adds a condition that says the pod is being evicted: Jobs' failure policies look at it. */
async function markDisturbed(
  router: ResourceRouter,
  pod: Pod,
  options: ReturnType<typeof writeOptionsOf>,
): Promise<void> {
  const storage = router.storageOf(pods);
  const now = timestamp(storage.deps.clock.now());
  const type = 'DisruptionTarget';
  const said = { type, status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' };
  const part = storage.served.subresources.status;
  await updateObject(
    storage,
    (current) => {
      const next = structuredClone(current ?? pod) as Pod;
      const { generation } = next.metadata;
      const condition = generation === undefined ? said : { ...said, observedGeneration: generation };
      next.status = { ...next.status, conditions: withCondition(next.status?.conditions, condition, { now }) };
      return next;
    },
    {
      ...options,
      namespace: pod.metadata.namespace ?? '',
      name: pod.metadata.name,
      strategy: part?.via === 'strategy' ? part.strategy : {},
      subresource: 'status',
      mayCreate: false,
    },
  );
}

const tooMany = "Cannot evict pod as it would violate the pod's disruption budget.";

function takeOne(budget: PodDisruptionBudget, podName: string, now: number): PodDisruptionBudget {
  const { status, metadata } = budget;
  const allowed = status?.disruptionsAllowed ?? 0;
  if (!status || (status.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    const message = `The disruption budget ${metadata.name} is still being processed by the server.`;
    throw new StatusError('TooManyRequests', tooMany, {
      details: { causes: [{ reason: 'DisruptionBudget', message }], retryAfterSeconds: 10 },
    });
  }
  if (allowed <= 0) {
    const message = `The disruption budget ${metadata.name} needs ${status.desiredHealthy ?? 0} healthy pods and has ${status.currentHealthy ?? 0} currently`;
    throw new StatusError('TooManyRequests', tooMany, {
      details: { causes: [{ reason: 'DisruptionBudget', message }] },
    });
  }
  status.disruptionsAllowed = allowed - 1;
  status.disruptedPods = { ...status.disruptedPods, [podName]: timestamp(now) };
  return budget;
}
