import type { Pod } from '@typernetes/api/core/v1';
import { isAbort, messageOf } from '@typernetes/base';
import { isRuntimeNotFound } from '@typernetes/cri';
import { runHook } from '../lifecycle/hooks.ts';
import type { PodContainer } from '../pod/containers.ts';
import type { ContainerRecord } from '../runtime/pod-record.ts';
import type { PodWorkerDeps } from './deps.ts';

/** However long a preStop hook took, the program gets this long to end by itself. */
const minGraceSeconds = 2;

/** Ends one container gracefully: preStop hook, stop signal, and after the grace period the kill. Idempotent. */
export async function stopContainer(
  target: { pod: Pod; container: PodContainer; record: ContainerRecord; podIp: string },
  options: { graceSeconds: number; message: string; signal: AbortSignal },
  deps: PodWorkerDeps,
): Promise<void> {
  const { pod, container, record } = target;
  deps.events.normal(pod, container, 'Killing', options.message);
  let remaining = options.graceSeconds;
  const preStop = container.spec.lifecycle?.preStop;
  if (preStop && remaining > 0) {
    const start = deps.clock.monotonic();
    const limit = AbortSignal.any([options.signal, AbortSignal.timeout(remaining * 1000)]);
    try {
      await runHook(preStop, { ...target, containerId: record.id }, { ...deps, signal: limit });
    } catch (error) {
      if (options.signal.aborted) throw error;
      deps.events.warning(pod, container, 'FailedPreStopHook', 'PreStopHook failed');
      if (!isAbort(error, limit)) deps.log.warn('The preStop hook failed', { error: messageOf(error) });
    }
    remaining = Math.max(Math.floor(remaining - (deps.clock.monotonic() - start) / 1000), minGraceSeconds);
  }
  try {
    await deps.runtime.stopContainer(record.id, remaining, { signal: options.signal });
  } catch (error) {
    if (!isRuntimeNotFound(error)) throw error;
  }
}
