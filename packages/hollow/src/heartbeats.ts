import { leases } from '@typernetes/api/coordination/v1';
import { type Clock, type Logger, microTimestamp, type Runnable } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';

interface HeartbeatsOptions {
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
/** How many beats may be under way. */
const atOnce = 64;

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
      if (names.length === 0) return;
      for (let next = 0; next < names.length && !signal.aborted; next += firstAtOnce) {
        await Promise.all(names.slice(next, next + firstAtOnce).map((name) => beat(name, signal)));
      }
      // Beat number n is due at its own time, whatever became of those before it: a slow server must not slow the beats down.
      let startedAt = clock.monotonic();
      let next = 0;
      const offsetOf = (serial: number): number =>
        Math.ceil((serial * everyMs) / names.length / shortestPauseMs) * shortestPauseMs;
      const work = async (): Promise<void> => {
        while (!signal.aborted) {
          // Later than a whole round: those that were missed are not made up for.
          const now = clock.monotonic();
          if (now - startedAt - offsetOf(next) > everyMs) {
            next %= names.length;
            startedAt = now - offsetOf(next);
          }
          const serial = next++;
          const earlyMs = startedAt + offsetOf(serial) - now;
          if (earlyMs > 0) await clock.sleep(earlyMs, signal).catch(ignoreAbort);
          if (!signal.aborted) await beat(names[serial % names.length] ?? '', signal);
        }
      };
      const ignoreAbort = (error: unknown): void => {
        if (!signal.aborted) throw error;
      };
      await Promise.all(Array.from({ length: Math.min(atOnce, names.length) }, work));
    },
  };
}
