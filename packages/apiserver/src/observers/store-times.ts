import type { Clock } from '@typernetes/base';
import { type Metrics, requestBuckets } from '@typernetes/process';

export type StoreOperation = 'create' | 'update' | 'delete' | 'list';

/** Told how long the store takes for the objects of one resource. */
export interface ResourceTimes {
  /** When it began, for `took`. */
  began(operation: StoreOperation): number;
  took(operation: StoreOperation, since: number): void;
  failed(operation: StoreOperation): void;
}

export type StoreTimes = (type: { readonly group: string; readonly plural: string }) => ResourceTimes;

/** What is faster than this is told from the last one measured: looking at the clock twice would take its share of it. */
const quickSeconds = 0.0001;
/** Of quick ones one in so many is measured. */
const measuredEvery = 16;

interface Series {
  readonly count: { add(): void };
  readonly time: { observe(value: number): void };
  last: number;
  unmeasured: number;
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
        found = { count: total.of(values), time: duration.of(values), last: 1, unmeasured: 0 };
        series.set(operation, found);
      }
      return found;
    };
    return {
      began: (operation) => {
        const own = seriesOf(operation);
        if (own.last < quickSeconds && ++own.unmeasured < measuredEvery) return Number.NaN;
        own.unmeasured = 0;
        return clock.monotonic();
      },
      took: (operation, since) => {
        const own = seriesOf(operation);
        if (!Number.isNaN(since)) own.last = (clock.monotonic() - since) / 1000;
        own.count.add();
        own.time.observe(own.last);
      },
      failed: (operation) => {
        seriesOf(operation).count.add();
        errors.add([operation, group, plural]);
      },
    };
  };
}
