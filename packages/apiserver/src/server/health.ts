import type { Clock } from '@typernetes/base';
import { type HealthCheck, type HealthEndpoints, ping } from '@typernetes/process';
import type { Store } from '@typernetes/store';
import type { CacheFeed } from '../cache/cache-feed.ts';
import { withinTime } from '../handlers/deadline.ts';

/** How long a store or a cache may take until it counts as stuck, by upstream's flags. */
const patienceMs = 2000;

export interface StoreTimeouts {
  readonly healthMs: number;
  readonly readyMs: number;
}

/** What `/healthz`, `/livez` and `/readyz` ask, under upstream's names. */
export function healthEndpoints(
  { store, feed, clock }: { store: Store; feed: CacheFeed; clock: Clock },
  {
    stopping,
    hooks,
    timeouts = { healthMs: patienceMs, readyMs: patienceMs },
  }: { stopping: AbortSignal; hooks: readonly HealthCheck[]; timeouts?: StoreTimeouts | undefined },
): HealthEndpoints {
  const storeAnswers = (timeoutMs: number) => async (): Promise<void> => {
    await withinTime(store.get(`${feed.root}health`), timeoutMs, clock);
  };
  const live: HealthCheck[] = [
    ping,
    { name: 'log', check: () => {} },
    { name: 'etcd', check: storeAnswers(timeouts.healthMs) },
    ...hooks,
  ];
  const ready: HealthCheck[] = [
    { name: 'etcd-readiness', check: storeAnswers(timeouts.readyMs) },
    {
      name: 'informer-sync',
      check: async () => {
        await withinTime(Promise.resolve(feed.untilCurrent()), patienceMs, clock);
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
