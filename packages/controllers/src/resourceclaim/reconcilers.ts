import { type Pod, pods } from '@typernetes/api/core/v1';
import type { ResourceClaim, ResourceClaimConsumerReference, ResourceClaimTemplate } from '@typernetes/api/resource/v1';
import { messageOf } from '@typernetes/base';
import {
  type EventRecorder,
  eventTarget,
  type Lister,
  type Reader,
  type Reconciler,
  type Result,
  type UnseenWrites,
  type Writer,
} from '@typernetes/client';
import { ifFound, isNotFound, keyOf, type ObjectKey } from '@typernetes/machinery';
import type { resourceClaimMetrics } from './metrics.ts';
import { claimFinalizer, isDone, type PodClaimPlan, planClaim, planPodClaims, unreserved } from './plan.ts';

interface ResourceClaimDeps {
  readonly pods: Pick<Lister<Pod>, 'get'>;
  readonly claims: Pick<Lister<ResourceClaim>, 'get'>;
  readonly templates: Pick<Lister<ResourceClaimTemplate>, 'get'>;
  readonly ownedBy: (podUid: string) => readonly ResourceClaim[];
  /** Filed under the pod's key. */
  readonly unseen: UnseenWrites<ResourceClaim>;
  /** Asked before a reservation is dropped: the lister may be behind. */
  readonly podReader: Pick<Reader<Pod>, 'get'>;
  readonly podClient: Pick<Writer<Pod>, 'patch'>;
  readonly client: Pick<Writer<ResourceClaim>, 'create' | 'update' | 'updateStatus' | 'delete'>;
  readonly events: EventRecorder;
  readonly created: ReturnType<typeof resourceClaimMetrics>;
}

const name = 'resourceclaim-controller';

interface ResourceClaimName {
  readonly name: string;
  readonly resourceClaimName: string;
}

/** Creates the claims that pods request by template, and writes their names to the pods' status. */
export function podClaimsReconciler(deps: ResourceClaimDeps): Reconciler {
  return {
    name,
    async reconcile(key, signal): Promise<Result> {
      const pod = deps.pods.get(key);
      if (!pod) {
        deps.unseen.forget(key);
        return {};
      }
      if (deps.unseen.has(key)) return {};
      const inNamespace = (of: string): ObjectKey => `${pod.metadata.namespace}/${of}`;
      const plans = planPodClaims(pod, {
        claim: (of) => deps.claims.get(inNamespace(of)),
        template: (of) => deps.templates.get(inNamespace(of)),
        owned: deps.ownedBy(pod.metadata.uid),
      });
      const noted: ResourceClaimName[] = [];
      for (const plan of plans) noted.push(await carryOut(plan, pod));
      if (noted.length > 0) {
        const { name: podName, namespace, uid } = pod.metadata;
        const patch = { metadata: { uid }, status: { resourceClaimStatuses: noted } };
        await ifFound(
          deps.podClient.patch({ name: podName, namespace }, patch, {
            type: 'strategic',
            subresource: 'status',
            signal,
          }),
        );
      }
      for (const claim of unreserved(pod, (of) => deps.claims.get(of))) await reserve(claim, pod);
      return {};
    },
  };

  async function carryOut(plan: PodClaimPlan, pod: Pod): Promise<ResourceClaimName> {
    const key = keyOf(pod);
    try {
      if ('missingTemplate' in plan) throw new Error(missing(plan.missingTemplate));
      const made = 'note' in plan ? plan.note : await create(key, plan.create);
      return { name: plan.entry, resourceClaimName: made };
    } catch (error) {
      const message = `PodResourceClaim ${plan.entry}: ${messageOf(error)}`;
      deps.events.event(eventTarget(pods, pod), 'Warning', 'FailedResourceClaimCreation', message);
      throw new Error(`pod ${key}, ${message}`, { cause: error });
    }
  }

  async function create(pod: ObjectKey, draft: Parameters<typeof deps.client.create>[0]): Promise<string> {
    let made: ResourceClaim;
    try {
      made = await deps.client.create(draft);
    } catch (error) {
      deps.created(draft.spec, 'failure');
      throw error;
    }
    deps.created(draft.spec, 'success');
    deps.unseen.wrote(pod, made);
    return made.metadata.name;
  }

  async function reserve(claim: ResourceClaim, { metadata }: Pod): Promise<void> {
    const consumer = { resource: 'pods', name: metadata.name, uid: metadata.uid };
    const reservedFor = [...(claim.status?.reservedFor ?? []), consumer];
    await deps.client.updateStatus({ ...claim, status: { ...claim.status, reservedFor } });
  }
}

const missing = (template: string): string =>
  `resource claim template "${template}": resourceclaimtemplate.resource.k8s.io "${template}" not found`;

/** Removes finished pods' reservations from claims, and deallocates unused claims. */
export function claimReconciler(deps: ResourceClaimDeps): Reconciler {
  return {
    name,
    async reconcile(key, signal): Promise<Result> {
      const claim = deps.claims.get(key);
      if (!claim) return {};
      const { namespace = '', ownerReferences = [] } = claim.metadata;
      const valid: ResourceClaimConsumerReference[] = [];
      for (const consumer of claim.status?.reservedFor ?? []) {
        if (consumer.apiGroup || consumer.resource !== 'pods')
          throw new Error(`Cannot judge consumer "${consumer.resource} ${consumer.name}" of claim "${key}"`);
        if (await isThere(namespace, consumer, signal)) valid.push(consumer);
      }
      const ownerName = ownerReferences.find(({ controller, kind }) => controller && kind === 'Pod')?.name;
      const owner = ownerName === undefined ? undefined : deps.pods.get(`${namespace}/${ownerName}`);
      const plan = planClaim(claim, { valid, owner });
      try {
        const current = plan.status ? await deps.client.updateStatus({ ...claim, status: plan.status }) : claim;
        if (plan.dropFinalizer) {
          const finalizers = (current.metadata.finalizers ?? []).filter((one) => one !== claimFinalizer);
          await deps.client.update({ ...current, metadata: { ...current.metadata, finalizers } });
        }
        if (plan.delete) await deps.client.delete(claim.metadata, { preconditions: { uid: claim.metadata.uid } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return {};
    },
  };

  async function isThere(
    namespace: string,
    { name: pod, uid }: ResourceClaimConsumerReference,
    signal: AbortSignal,
  ): Promise<boolean> {
    const known = deps.pods.get(`${namespace}/${pod}`);
    if (known) return known.metadata.uid === uid && !isDone(known);
    const live = await ifFound(deps.podReader.get({ name: pod, namespace }, { signal }));
    return live?.metadata.uid === uid;
  }
}
