import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import { exponentialBuckets, type Metrics } from '@typernetes/process';
import type { SlicePlan } from './distribute.ts';

/** The facts about one round for a service. */
export interface SliceRound {
  readonly plan: SlicePlan;
  readonly existing: readonly EndpointSlice[];
  readonly maxEndpoints: number;
}

/** A service's final slices. */
interface Held {
  readonly slices: number;
  readonly desiredSlices: number;
  readonly endpoints: number;
}

export interface SliceMetrics {
  /** The writes of a round are done. */
  written(service: string, round: SliceRound): void;
  /** A service is gone, or has no slices any more. */
  forgotten(service: string): void;
}

/**
 * `endpoint_slice_controller_*` and `endpoint_slice_mirroring_controller_*`: the common metrics. `of`: `Service` or
 * `Endpoints`.
 */
export function sliceMetrics(
  metrics: Metrics,
  { prefix, of }: { readonly prefix: string; readonly of: string },
): SliceMetrics {
  const gauge = (name: string, help: string) => metrics.gauge(`${prefix}_${name}`, { help });
  const perSync = (what: string) =>
    metrics.histogram(`${prefix}_endpoints_${what}_per_sync`, {
      help: `Number of endpoints ${what} on each ${of} sync`,
      buckets: exponentialBuckets(2, 2, 15),
    });
  const slices = gauge('num_endpoint_slices', 'Number of EndpointSlices');
  const desiredSlices = gauge(
    'desired_endpoint_slices',
    'Number of EndpointSlices that would exist with perfect endpoint allocation',
  );
  const desired = gauge('endpoints_desired', 'Number of endpoints desired');
  const changes = metrics.counter(`${prefix}_changes`, {
    help: 'Number of EndpointSlice changes',
    labels: ['operation'],
  });
  const added = perSync('added');
  const removed = perSync('removed');
  const byService = new Map<string, Held>();
  metrics.beforeRender(() => {
    const sum = (of: keyof Held): number => [...byService.values()].reduce((total, held) => total + held[of], 0);
    slices.set(sum('slices'));
    desiredSlices.set(sum('desiredSlices'));
    desired.set(sum('endpoints'));
  });
  const count = (operation: string, plan: readonly unknown[]): void => {
    if (plan.length > 0) changes.add([operation], plan.length);
  };
  return {
    written(service, { plan, existing, maxEndpoints }) {
      count('create', plan.create);
      count('update', plan.update);
      count('delete', plan.remove);
      const before = addressesOf(existing);
      const touched = new Set([...plan.update, ...plan.remove].map(({ metadata }) => metadata.name));
      const kept = existing.filter(({ metadata }) => !touched.has(metadata.name));
      const result = [...kept, ...plan.update, ...plan.create];
      const after = addressesOf(result);
      added.observe(after.difference(before).size);
      removed.observe(before.difference(after).size);
      byService.set(service, {
        slices: result.length,
        desiredSlices: desiredCount(result, maxEndpoints),
        endpoints: result.reduce((total, { endpoints }) => total + (endpoints ?? []).length, 0),
      });
    },
    forgotten: (service) => void byService.delete(service),
  };
}

type Content = Pick<EndpointSlice, 'addressType' | 'endpoints' | 'ports'>;

const addressesOf = (slices: readonly Content[]): Set<string> =>
  new Set(
    slices.flatMap(({ endpoints, ports }) =>
      (endpoints ?? []).map(({ addresses, targetRef }) => JSON.stringify([ports, targetRef?.uid, addresses])),
    ),
  );

/** The minimum number of slices: those with the same address family and ports could be filled one after the other. */
function desiredCount(slices: readonly Content[], maxEndpoints: number): number {
  const groups = Map.groupBy(slices, ({ addressType, ports }) => JSON.stringify([addressType, ports]));
  return [...groups.values()].reduce((total, group) => {
    const endpoints = group.reduce((sum, { endpoints }) => sum + (endpoints ?? []).length, 0);
    return total + Math.max(1, Math.ceil(endpoints / maxEndpoints));
  }, 0);
}
