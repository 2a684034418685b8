import type { Node, Pod, Service } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import { type Informer, type Reconciler, type ResourceClient, type Result, UnseenWrites } from '@typernetes/client';
import { selectsPods } from '../services/backends.ts';
import { TriggerTimes, withTrigger } from '../services/trigger-times.ts';
import type { SlicePlan } from '../slices/distribute.ts';
import { writeSlices } from '../slices/write.ts';
import type { EndpointSliceMetrics } from './metrics.ts';
import { planSlices } from './plan.ts';

const zoneLabel = 'topology.kubernetes.io/zone';

/** Own slices by `namespace/service`. */
export const byService = 'service';

interface EndpointSliceDeps {
  readonly services: Pick<Informer<Service>, 'lister'>;
  readonly pods: Pick<Informer<Pod>, 'lister'>;
  readonly nodes: Pick<Informer<Node>, 'lister'>;
  readonly slices: Pick<Informer<EndpointSlice>, 'lister' | 'revision'>;
  readonly client: Pick<ResourceClient<EndpointSlice>, 'create' | 'update' | 'delete'>;
  readonly maxEndpoints: number;
  readonly metrics: EndpointSliceMetrics;
}

export function endpointSliceReconciler({
  maxEndpoints,
  services,
  pods,
  nodes,
  slices,
  client,
  metrics,
}: EndpointSliceDeps): Reconciler {
  const unseen = new UnseenWrites(slices);
  const times = new TriggerTimes();
  const zoneOf = (node: string): string | undefined => nodes.lister.get(node)?.metadata.labels?.[zoneLabel];
  return {
    name: 'endpointslice-controller',
    async reconcile(key): Promise<Result> {
      const service = services.lister.get(key);
      if (!service || service.metadata.deletionTimestamp !== undefined || !selectsPods(service)) {
        unseen.forget(key);
        if (!service) times.forget(key);
        metrics.forgotten(key);
        return {}; // the garbage collector takes the slices of a service that is gone
      }
      if (unseen.has(key)) {
        metrics.ended('stale');
        return { requeueAfterMs: 5000 };
      }
      const existing = slices.lister.byIndex(byService, key);
      const candidates = pods.lister.inNamespace(service.metadata.namespace ?? '');
      const plan = planSlices(service, candidates, { existing, zoneOf, maxEndpoints });
      const trigger = times.look(key, service, candidates);
      try {
        await writeSlices(key, annotated(plan, trigger), { client, unseen });
      } catch (error) {
        metrics.ended('error');
        throw error;
      }
      metrics.synced(key, service, { plan, existing, maxEndpoints });
      return {};
    },
  };
}

/** Written slices carry the time of the change that caused them. */
function annotated(plan: SlicePlan, trigger: string | undefined): SlicePlan {
  const withTime = <S extends { metadata: { annotations?: Record<string, string> } }>(slice: S): S => ({
    ...slice,
    metadata: { ...slice.metadata, annotations: withTrigger(slice.metadata.annotations, trigger) },
  });
  return { create: plan.create.map(withTime), update: plan.update.map(withTime), remove: plan.remove };
}
