import type { Endpoints, Pod, Service } from '@typernetes/api/core/v1';
import type { Lister, Reconciler, ResourceClient, Result } from '@typernetes/client';
import { ifFound, jsonEqual, splitKey } from '@typernetes/machinery';
import { selectsPods, withHeadless } from '../services/backends.ts';
import { TriggerTimes, withTrigger } from '../services/trigger-times.ts';
import { cutToCapacity, overCapacityAnnotation } from './capacity.ts';
import { planSubsets } from './plan.ts';

interface EndpointsDeps {
  readonly services: Pick<Lister<Service>, 'get'>;
  readonly pods: Pick<Lister<Pod>, 'inNamespace'>;
  readonly endpoints: Pick<Lister<Endpoints>, 'get'>;
  readonly client: Pick<ResourceClient<Endpoints>, 'create' | 'update' | 'delete'>;
}

export function endpointsReconciler({ services, pods, endpoints, client }: EndpointsDeps): Reconciler {
  const times = new TriggerTimes();
  return {
    name: 'endpoints-controller',
    async reconcile(key): Promise<Result> {
      const service = services.get(key);
      const current = endpoints.get(key);
      if (!service) {
        times.forget(key);
        if (current && isOurs(current)) await remove(key);
        return {};
      }
      if (service.metadata.deletionTimestamp !== undefined || !selectsPods(service)) return {};
      const { name, namespace = '' } = service.metadata;
      const candidates = pods.inNamespace(namespace);
      const all = planSubsets(service, candidates);
      const cut = cutToCapacity(all);
      const subsets = cut ?? all;
      const trigger = times.look(key, service, candidates);
      const labels = {
        ...withHeadless(service),
        'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
      };
      const { [overCapacityAnnotation]: capacitySaid, ...others } = current?.metadata.annotations ?? {};
      const capacityNow = cut && 'truncated';
      const annotations = {
        ...withTrigger(others, trigger),
        ...(capacityNow ? { [overCapacityAnnotation]: capacityNow } : {}),
      };
      const isSame = (): boolean =>
        jsonEqual(subsets, current?.subsets ?? []) &&
        jsonEqual(labels, current?.metadata.labels) &&
        capacitySaid === capacityNow;
      if (!current)
        await client.create({
          metadata: { name, namespace, labels, annotations },
          ...(subsets.length > 0 ? { subsets } : {}),
        });
      else if (!isSame())
        await client.update({ ...current, metadata: { ...current.metadata, labels, annotations }, subsets });
      return {};
    },
  };

  async function remove(key: string): Promise<void> {
    await ifFound(client.delete(splitKey(key)));
  }
}

function isOurs({ metadata }: Endpoints): boolean {
  return metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller';
}
