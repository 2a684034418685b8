import type { Clock } from '@typernetes/base';

/** How often something local is asked whether it is ready yet: often, because init's time is mostly waiting. */
export const pollMs = 50;

/** Asks until `attempt` yields something; a throw counts as "not yet". Rejects with the last failure after `timeoutMs`. */
export async function poll<R>(
  attempt: () => Promise<R | undefined>,
  options: { clock: Clock; timeoutMs: number; signal: AbortSignal; everyMs?: number },
): Promise<R> {
  const { clock, timeoutMs, signal, everyMs = pollMs } = options;
  const start = clock.monotonic();
  for (;;) {
    let failure: unknown = new Error('timed out waiting for the condition');
    try {
      const result = await attempt();
      if (result !== undefined) return result;
    } catch (error) {
      failure = error;
    }
    signal.throwIfAborted();
    if (clock.monotonic() - start >= timeoutMs) throw failure;
    await clock.sleep(everyMs, signal);
  }
}

/** `1.502s`, `35.251ms`: how long something took, as Go prints it. */
export function elapsedText(ms: number): string {
  return ms < 1000 ? `${Number(ms.toFixed(3))}ms` : `${Number((ms / 1000).toFixed(6))}s`;
}
