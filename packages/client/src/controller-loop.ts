import type { Clock, Logger, Runnable } from '@typernetes/base';
import type { ObjectKey } from '@typernetes/machinery';
import { type ObserveQueue, type QueueGauges, QueueTimes } from './queue-times.ts';
import type { Reconciler } from './reconciler.ts';
import type { Wake } from './wakes.ts';
import { WorkQueue } from './work-queue.ts';

export interface ControllerOptions {
  readonly reconciler: Reconciler;
  readonly wakes: readonly Wake[];
  /** How many keys are reconciled concurrently; default: 5. */
  readonly workers?: number;
  /** The longest pause before a failed key is retried, in milliseconds; default: 1,000,000. */
  readonly maxRetryMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observeQueue?: ObserveQueue | undefined;
}

/**
 * The loop that all controllers share: waits for the informers, then passes keys to the reconciler, one key to one worker at a
 * time. Settles after the reconciliations under way have settled.
 */
export function controller(options: ControllerOptions): Runnable {
  const { reconciler, wakes, workers = 5, maxRetryMs, clock, log: parent, observeQueue } = options;
  const log = parent.with({ controller: reconciler.name });
  return {
    name: reconciler.name,
    async run(signal) {
      const observe = observeQueue && ((gauges: QueueGauges) => observeQueue(reconciler.name, gauges));
      const queue = new WorkQueue({
        clock,
        ...(maxRetryMs === undefined ? {} : { maxDelayMs: maxRetryMs }),
        ...(observe ? { times: new QueueTimes(clock, observe) } : {}),
      });
      const stop = (): void => queue.shutDown();
      signal.addEventListener('abort', stop, { once: true });
      const detach = wakes.map((wake) => wake.attach(queue));
      try {
        await Promise.all(wakes.map((wake) => wake.untilSynced(signal)));
        log.debug('Controller started');
        await Promise.all(Array.from({ length: workers }, () => work({ reconciler, queue, log, signal })));
      } finally {
        for (const end of detach) end();
        signal.removeEventListener('abort', stop);
        queue.shutDown();
      }
    },
  };
}

interface Work {
  readonly reconciler: Reconciler;
  readonly queue: WorkQueue;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

async function work({ reconciler, queue, log, signal }: Work): Promise<void> {
  for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
    try {
      const { requeueAfterMs } = await reconciler.reconcile(key, signal);
      queue.forget(key);
      if (requeueAfterMs !== undefined) queue.addAfter(key, requeueAfterMs);
    } catch (error) {
      if (signal.aborted) return;
      retry(key, error, { queue, log });
    } finally {
      queue.done(key);
    }
    await turn();
  }
}

/**
 * Returns to the event loop, for timers and sockets. When the API server runs in the same process, a write may wake the next
 * reconciliation within the microtask queue, and a reconciler that waits for its cache to catch up would block that forever.
 */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Requeues a failed key. Conflicts are only logged at debug level: they are normal for writes based on a slightly stale cache. */
function retry(key: ObjectKey, error: unknown, { queue, log }: Pick<Work, 'queue' | 'log'>): void {
  const terminal = error instanceof Error && error.name === 'TerminalError';
  const isOrdinary = error instanceof Error && 'reason' in error && error.reason === 'Conflict';
  if (isOrdinary) log.debug('Cannot reconcile object, trying again', { key, cause: error.message });
  else log.error('Cannot reconcile object', error, { key, failures: queue.failures(key) + 1 });
  if (terminal) queue.forget(key);
  else queue.addRateLimited(key);
}
