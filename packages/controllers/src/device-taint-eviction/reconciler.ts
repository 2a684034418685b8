import { isPodTerminal } from '@typernetes/api';
import { type Pod, pods as podType } from '@typernetes/api/core/v1';
import type { ResourceClaim, ResourceSlice } from '@typernetes/api/resource/v1';
import type { Clock } from '@typernetes/base';
import {
  type EventRecorder,
  eventTarget,
  type Lister,
  type Reconciler,
  type Result,
  type Writer,
} from '@typernetes/client';
import { evictPod } from '../pods/disruption.ts';
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
          deps.events.event(eventTarget(podType, pod), 'Normal', 'DeviceTaintManagerEviction', 'Marking for deletion');
          await evictPod(pod, disruption, { client: deps.client, clock, signal });
          deps.evicted((clock.now() - at) / 1000);
        }
      }
      return {};
    },
  };
}

const isOnNode = (pod: Pod): boolean =>
  Boolean(pod.spec.nodeName) && pod.metadata.deletionTimestamp === undefined && !isPodTerminal(pod);

const disruption = {
  reason: 'DeletionByDeviceTaintManager',
  message: 'Device Taint manager: deleting due to NoExecute taint',
};
