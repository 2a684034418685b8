import type { Pod } from '@typernetes/api/core/v1';
import type { Clock, Runnable } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import type { ApiClient } from '@typernetes/client';
import { hollowNodes } from '@typernetes/hollow';

export interface HollowOptions {
  readonly names: readonly string[];
  readonly clock?: Clock;
  readonly heartbeatMs?: number;
  /** Whether the containers of a pod become ready. */
  readonly becomesReady?: ((pod: Pod) => boolean) | undefined;
}

/**
 * Hollow nodes for tests that look closely: they send a heartbeat every second, and no pod ends by itself, not even a
 * Job's.
 */
export function hollow(client: ApiClient, options: HollowOptions): Runnable {
  const { becomesReady = () => true, heartbeatMs = 1000, ...rest } = options;
  const course = (pod: Pod) => ({ ready: becomesReady(pod) });
  return hollowNodes({ ...rest, client, heartbeatMs, course, log: silentLogger });
}
