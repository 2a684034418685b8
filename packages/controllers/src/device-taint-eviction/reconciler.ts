import { isPodTerminal } from '@typernetes/api';
import type { Pod } from '@typernetes/api/core/v1';
import type { ResourceClaim, ResourceSlice } from '@typernetes/api/resource/v1';
import { type Clock, timestamp } from '@typernetes/base';
import type { EventRecorder, Lister, Reconciler, Result, Writer } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';
import type { Evicted } from '../pods/eviction-metrics.ts';
import { evictionTime } from './plan.ts';

interface DeviceTaintEvictionDeps {
  readonly claims: Pick<Lister<ResourceClaim>, 'get'>;
  readonly pods: Pick<Lister<Pod>, 'get'>;
  /** By `driver/pool`. */
  readonly slicesOf: (pool: string) => readonly ResourceSlice[];
  readonly client: Pick<Writer<Pod>, 'patch' | 'delete'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly evicted: Evicted;
}

/** Keys are those of claims. */
export function deviceTaintEvictionReconciler(deps: DeviceTaintEvictionDeps): Reconciler {
  const { claims, pods, slicesOf, clock } = deps;
  return {
    name: 'device-taint-eviction-controller',
    async reconcile(key, signal): Promise<Result> {
      const claim = claims.get(key);
      const now = clock.now();
      const at = claim && evictionTime(claim, { slicesOf, now });
      if (!claim || at === undefined) return {};
      if (at > now) return { requeueAfterMs: at - now };
      for (const { apiGroup, resource, name, uid } of claim.status?.reservedFor ?? []) {
        if (apiGroup || resource !== 'pods') continue;
        const pod = pods.get(`${claim.metadata.namespace}/${name}`);
        if (pod?.metadata.uid === uid && isOnNode(pod)) {
          await evict(pod, deps, signal);
          deps.evicted((clock.now() - at) / 1000);
        }
      }
      return {};
    },
  };
}

const isOnNode = (pod: Pod): boolean =>
  Boolean(pod.spec.nodeName) && pod.metadata.deletionTimestamp === undefined && !isPodTerminal(pod);

async function evict(pod: Pod, { client, events, clock }: DeviceTaintEvictionDeps, signal: AbortSignal): Promise<void> {
  const { name, namespace = '', uid, generation } = pod.metadata;
  const target = { apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata };
  events.event(target, 'Normal', 'DeviceTaintManagerEviction', 'Marking for deletion');
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByDeviceTaintManager',
    message: 'Device Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: timestamp(clock.now()),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  try {
    const patch = { metadata: { uid }, status: { conditions: [condition] } };
    await client.patch({ name, namespace }, patch, { type: 'strategic', subresource: 'status', signal });
    await client.delete({ name, namespace }, { preconditions: { uid }, signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
