import { leases } from '@typernetes/api/coordination/v1';
import { type Clock, type Logger, microTimestamp, type Runnable } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';

export interface HeartbeatsOptions {
  readonly client: Pick<ApiClient, 'resource'>;
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** How often each lease is renewed. */
  readonly everyMs: number;
}

const namespace = 'kube-node-lease';
/** Upstream's nodeLeaseDurationSeconds. */
const leaseDurationSeconds = 40;

/** How often the beats of many nodes are looked at: those that are due since then go out together. */
const shortestPauseMs = 20;

const firstAtOnce = 32;

/** Makes the leases of all nodes, then renews them, spread evenly over the interval. A beat that fails is made up for by the next one. */
export function heartbeats({ client, names, clock, log, everyMs }: HeartbeatsOptions): Runnable {
  const resource = client.resource(leases);
  const beat = async (name: string, signal: AbortSignal): Promise<void> => {
    const spec = { holderIdentity: name, leaseDurationSeconds, renewTime: microTimestamp(clock.now()) };
    try {
      await resource.patch({ namespace, name }, { spec }, { type: 'merge', signal }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
        return resource.create({ metadata: { namespace, name }, spec }, { signal });
      });
    } catch (error) {
      if (!signal.aborted) log.debug('Cannot renew the lease of a hollow node', { node: name, error: String(error) });
    }
  };
  return {
    name: 'heartbeats',
    async run(signal) {
      for (let next = 0; next < names.length && !signal.aborted; next += firstAtOnce) {
        await Promise.all(names.slice(next, next + firstAtOnce).map((name) => beat(name, signal)));
      }
      const atOnce = Math.max(1, Math.ceil((names.length * shortestPauseMs) / everyMs));
      const pauseMs = (everyMs * atOnce) / Math.max(1, names.length);
      for (let next = 0; !signal.aborted; next = (next + atOnce) % names.length) {
        const due = Array.from({ length: atOnce }, (_, index) => names[(next + index) % names.length] ?? '');
        await Promise.all([...new Set(due)].map((name) => beat(name, signal)));
        await clock.sleep(pauseMs, signal);
      }
    },
  };
}
