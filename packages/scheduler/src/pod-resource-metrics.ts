import { podLimits, podRequests } from '@typernetes/api';
import type { Pod } from '@typernetes/api/core/v1';
import { milliValue } from '@typernetes/machinery';
import { createMetrics } from '@typernetes/process';

const labels = ['namespace', 'pod', 'node', 'scheduler', 'priority', 'resource', 'unit'];
const meaning =
  'for workloads on the cluster, broken down by pod. This shows the resource usage the scheduler and kubelet expect per pod for resources along with the unit for the resource if any.';

/** `/metrics/resources`: the requests and limits of pods that have not ended, as upstream's scheduler reports them. */
export function podResourceMetrics(pods: Iterable<Pod>): string {
  const metrics = createMetrics();
  const options = { stability: 'STABLE', labels } as const;
  const requests = metrics.gauge('kube_pod_resource_request', {
    help: `Resources requested by ${meaning.slice(4)}`,
    ...options,
  });
  const limits = metrics.gauge('kube_pod_resource_limit', { help: `Resources limit ${meaning}`, ...options });
  for (const { metadata, spec, status } of pods) {
    if (spec.nodeName && (status?.phase === 'Succeeded' || status?.phase === 'Failed')) continue;
    const { namespace = '', name } = metadata;
    const own = [namespace, name, spec.nodeName ?? '', spec.schedulerName ?? '', String(spec.priority ?? '')];
    for (const [gauge, amounts] of [
      [requests, podRequests(spec)],
      [limits, podLimits(spec)],
    ] as const)
      for (const [resource, amount] of Object.entries(amounts)) {
        const value = milliValue(amount) / 1000;
        if (value !== 0) gauge.set(value, [...own, resource, unitOf(resource)]);
      }
  }
  return metrics.render();
}

function unitOf(resource: string): string {
  if (resource === 'cpu') return 'cores';
  if (['memory', 'storage', 'ephemeral-storage'].includes(resource) || resource.startsWith('hugepages-'))
    return 'bytes';
  return resource.startsWith('attachable-volumes-') ? 'integer' : '';
}
