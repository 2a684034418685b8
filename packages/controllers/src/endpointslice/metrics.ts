import type { Service } from '@typernetes/api/core/v1';
import type { Metrics } from '@typernetes/process';
import { type SliceMetrics, type SliceRound, sliceMetrics } from '../slices/metrics.ts';

export interface EndpointSliceMetrics extends Pick<SliceMetrics, 'forgotten'> {
  /** The round of a service went well: its slices are written. */
  synced(key: string, service: Service, round: SliceRound): void;
  /** It was postponed, or failed. */
  ended(result: 'stale' | 'error'): void;
}

const prefix = 'endpoint_slice_controller';

export function endpointSliceMetrics(metrics: Metrics): EndpointSliceMetrics {
  const slices = sliceMetrics(metrics, { prefix, of: 'Service' });
  const syncs = metrics.counter(`${prefix}_syncs`, { help: 'Number of EndpointSlice syncs', labels: ['result'] });
  const changed = metrics.histogram(`${prefix}_endpointslices_changed_per_sync`, {
    help: 'Number of EndpointSlices changed on each Service sync',
    labels: ['topology', 'traffic_distribution'],
    buckets: [],
  });
  const distributions = metrics.gauge(`${prefix}_services_count_by_traffic_distribution`, {
    help: 'Number of Services using some specific trafficDistribution',
    labels: ['traffic_distribution'],
  });
  const byService = new Map<string, string>();
  metrics.beforeRender(() => {
    distributions.clear();
    const counts = Map.groupBy(byService.values(), (distribution) => distribution);
    for (const [distribution, services] of counts) if (distribution) distributions.set(services.length, [distribution]);
  });
  return {
    synced(key, service, round) {
      const { trafficDistribution = '' } = service.spec;
      const { create, update, remove } = round.plan;
      syncs.add(['success']);
      changed.observe(create.length + update.length + remove.length, ['Disabled', trafficDistribution]);
      byService.set(key, trafficDistribution);
      slices.written(key, round);
    },
    ended: (result) => syncs.add([result]),
    forgotten: (key) => {
      byService.delete(key);
      slices.forgotten(key);
    },
  };
}
