import type { Clock } from '@typernetes/base';
import { type HealthCheck, type HealthEndpoints, ping } from '@typernetes/process';
import type { Store } from '@typernetes/store';
import type { CacheFeed } from '../cache/cache-feed.ts';
import { withinTime } from '../request/deadline.ts';

/** How long a store or a cache may take before it counts as stuck, by upstream's flags. */
const patienceMs = 2000;

export interface StoreTimeouts {
  readonly healthMs: number;
  readonly readyMs: number;
}

/** The checks of `/healthz`, `/livez` and `/readyz`, under upstream's names. */
export function healthEndpoints(
  {
    store,
    feed,
    others = [],
    clock,
  }: {
    store: Store;
    feed: CacheFeed;
    others?: readonly { readonly store: Store; readonly feed: CacheFeed }[];
    clock: Clock;
  },
  {
    stopping,
    hooks,
    timeouts = { healthMs: patienceMs, readyMs: patienceMs },
  }: { stopping: AbortSignal; hooks: readonly HealthCheck[]; timeouts?: StoreTimeouts | undefined },
): HealthEndpoints {
  const answers = (one: Store, timeoutMs: number) => async (): Promise<void> => {
    await withinTime(one.get(`${feed.root}health`), timeoutMs, clock);
  };
  const storesAnswer = (suffix: string, timeoutMs: number): HealthCheck[] => [
    { name: `etcd${suffix}`, check: answers(store, timeoutMs) },
    ...others.map((one, i) => ({
      name: `etcd-override${suffix}-${i}`,
      group: `etcd${suffix}`,
      check: answers(one.store, timeoutMs),
    })),
  ];
  const live: HealthCheck[] = [
    ping,
    { name: 'log', check: () => {} },
    ...storesAnswer('', timeouts.healthMs),
    ...hooks,
  ];
  const ready: HealthCheck[] = [
    ...storesAnswer('-readiness', timeouts.readyMs),
    {
      name: 'informer-sync',
      check: async () => {
        const current = [feed, ...others.map((one) => one.feed)].map((one) => one.untilCurrent());
        await withinTime(Promise.all(current), patienceMs, clock);
      },
    },
    {
      name: 'shutdown',
      check: () => {
        if (stopping.aborted) throw new Error('process is shutting down');
      },
    },
  ];
  return { healthz: live, livez: live, readyz: [...live, ...ready] };
}
