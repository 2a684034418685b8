import type { Pod } from '@typernetes/api/core/v1';
import { type Clock, messageOf } from '@typernetes/base';
import { isRuntimeNotFound } from '@typernetes/cri';
import type { PodContainer } from '../pod/containers.ts';
import type { ContainerRecord } from '../runtime/pod-record.ts';
import type { PodWorkerDeps } from './deps.ts';
import { runHook } from './hooks.ts';

/** However long the hook and the wait took, the program gets this long to end by itself. */
const minGraceSeconds = 2;

interface StopTarget {
  readonly pod: Pod;
  readonly container: PodContainer;
  readonly record: Pick<ContainerRecord, 'id'>;
  readonly podIp: string;
}

interface StopOptions {
  readonly graceSeconds: number;
  /** The event's. */
  readonly message: string;
  /** Settles when it is the container's turn; waiting for it uses up grace period. */
  readonly turn?: Promise<unknown> | undefined;
  readonly signal: AbortSignal;
}

type StopDeps = Pick<PodWorkerDeps, 'runtime' | 'clock' | 'events' | 'log' | 'observer'>;

/**
 * Stops one container gracefully: preStop hook, its turn in the order, stop signal, and the kill after the grace
 * period. The whole seconds that hook and waiting took are subtracted from the grace period. Idempotent.
 */
export async function stopContainer(target: StopTarget, options: StopOptions, deps: StopDeps): Promise<void> {
  const { pod, container, record } = target;
  deps.events.normal(pod, container, 'Killing', options.message);
  let remaining = options.graceSeconds;
  const spend = async (deed: (limit: AbortSignal) => Promise<unknown>): Promise<void> => {
    const start = deps.clock.monotonic();
    await within(remaining * 1000, deed, { clock: deps.clock, signal: options.signal });
    remaining -= Math.floor((deps.clock.monotonic() - start) / 1000);
  };
  if (container.spec.lifecycle?.preStop && remaining > 0) await spend((limit) => preStop(target, deps, limit));
  const { turn } = options;
  if (turn && remaining > 0) await spend(() => turn);
  options.signal.throwIfAborted();
  try {
    await deps.runtime.stopContainer(record.id, Math.max(remaining, minGraceSeconds), { signal: options.signal });
  } catch (error) {
    if (!isRuntimeNotFound(error)) throw error;
  }
}

/** Never rejects: a failed hook does not keep the container alive. A hook that `limit` cuts short has not failed. */
async function preStop(target: StopTarget, deps: StopDeps, limit: AbortSignal): Promise<void> {
  const { pod, container, record } = target;
  const handler = container.spec.lifecycle?.preStop;
  if (!handler) return;
  try {
    await runHook(handler, { ...target, containerId: record.id }, { ...deps, signal: limit });
  } catch (error) {
    if (limit.aborted) return;
    deps.events.warning(pod, container, 'FailedPreStopHook', 'PreStopHook failed');
    deps.log.warn('The preStop hook failed', { container: container.spec.name, error: messageOf(error) });
  }
}

/** Waits for the deed, but not longer than `ms`, and not when `signal` aborts; the deed is then told by its own signal. */
async function within(
  ms: number,
  deed: (limit: AbortSignal) => Promise<unknown>,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  const over = new AbortController();
  const limit = AbortSignal.any([signal, over.signal]);
  const cancel = clock.after(ms, () => over.abort());
  const ended = Promise.withResolvers<void>();
  limit.addEventListener('abort', () => ended.resolve(), { once: true });
  if (limit.aborted) ended.resolve();
  try {
    await Promise.race([deed(limit), ended.promise]);
  } finally {
    cancel();
  }
}
