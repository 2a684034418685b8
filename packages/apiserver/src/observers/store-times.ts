import type { Clock } from '@typernetes/base';
import { type Metrics, requestBuckets } from '@typernetes/process';
import { SampledTime } from './sampled-time.ts';

type StoreOperation = 'create' | 'update' | 'delete' | 'list';

/** Measures how long the store takes for the objects of one resource. */
export interface ResourceTimes {
  /** When it began, for `took`. */
  began(operation: StoreOperation): number;
  took(operation: StoreOperation, since: number): void;
  failed(operation: StoreOperation): void;
}

export type StoreTimes = (type: { readonly group: string; readonly plural: string }) => ResourceTimes;

interface Series {
  readonly count: { add(): void };
  readonly time: { observe(value: number): void };
  readonly sampled: SampledTime;
}

/** Under upstream's names and labels, which say etcd whatever the store is. */
export function storeTimes(metrics: Metrics, clock: Pick<Clock, 'monotonic'>): StoreTimes {
  const labels = ['operation', 'group', 'resource'];
  const duration = metrics.histogram('etcd_request_duration_seconds', {
    help: 'Etcd request latency in seconds for each operation and object type.',
    labels,
    buckets: requestBuckets,
  });
  const total = metrics.counter('etcd_requests_total', {
    help: 'Etcd request counts for each operation and object type.',
    labels,
  });
  const errors = metrics.counter('etcd_request_errors_total', {
    help: 'Etcd failed request counts for each operation and object type.',
    labels,
  });
  return ({ group, plural }) => {
    const series = new Map<StoreOperation, Series>();
    const seriesOf = (operation: StoreOperation): Series => {
      let found = series.get(operation);
      if (!found) {
        const values = [operation, group, plural];
        found = { count: total.of(values), time: duration.of(values), sampled: new SampledTime(clock) };
        series.set(operation, found);
      }
      return found;
    };
    return {
      began: (operation) => seriesOf(operation).sampled.began(),
      took: (operation, since) => {
        const { count, time, sampled } = seriesOf(operation);
        count.add();
        time.observe(sampled.took(since));
      },
      failed: (operation) => {
        seriesOf(operation).count.add();
        errors.add([operation, group, plural]);
      },
    };
  };
}
