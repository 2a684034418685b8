import type { APIService } from '@typernetes/api/apiregistration/v1';
import type { Lister } from '@typernetes/client';
import { findCondition } from '@typernetes/machinery';
import type { Metrics } from '@typernetes/process';

/** `aggregator_unavailable_apiservice*`: returns the function to call when an APIService becomes unavailable. */
export function availabilityMetrics(
  metrics: Metrics,
  apiServices: Pick<Lister<APIService>, 'list'>,
): (name: string, reason: string) => void {
  const unavailable = metrics.gauge('aggregator_unavailable_apiservice', {
    help: 'Gauge of APIServices which are marked as unavailable broken down by APIService name.',
    labels: ['name'],
  });
  const total = metrics.counter('aggregator_unavailable_apiservice_total', {
    help: 'Counter of APIServices which are marked as unavailable broken down by APIService name and reason.',
    labels: ['name', 'reason'],
  });
  metrics.beforeRender(() => {
    unavailable.clear();
    for (const { metadata, status } of apiServices.list()) {
      const isAvailable = findCondition(status?.conditions, 'Available')?.status !== 'False';
      unavailable.set(isAvailable ? 0 : 1, [metadata.name]);
    }
  });
  return (name, reason) => total.add([name, reason]);
}
