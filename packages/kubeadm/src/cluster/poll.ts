import type { Clock } from '@typernetes/base';
import { formatDuration } from '@typernetes/process';

/** The interval for polling local components: short, because init spends most of its time waiting. */
export const pollMs = 50;

/**
 * Polls until `attempt` yields a value; a throw counts as "not yet". Rejects with the last failure after `timeoutMs`, even if an attempt is still
 * running then, because a server may never answer; `unanswered` is what is said if the first one never did.
 */
export async function poll<R>(
  attempt: () => Promise<R | undefined>,
  options: { clock: Clock; timeoutMs: number; signal: AbortSignal; everyMs?: number; unanswered?: string },
): Promise<R> {
  const { clock, timeoutMs, signal, everyMs = pollMs } = options;
  const start = clock.monotonic();
  let failure: unknown = new Error(options.unanswered ?? `no answer within ${formatDuration(timeoutMs)}`);
  const late = new AbortController();
  const cancel = clock.after(timeoutMs, () => late.abort());
  const over = new Promise<undefined>((resolve) => {
    for (const each of [signal, late.signal]) each.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  try {
    for (;;) {
      const asked = attempt().then(
        (result) => {
          if (result === undefined) failure = new Error('timed out waiting for the condition');
          return result;
        },
        (error: unknown) => {
          if (!late.signal.aborted) failure = error;
          return undefined;
        },
      );
      const result = await Promise.race([asked, over]);
      if (result !== undefined) return result;
      signal.throwIfAborted();
      if (late.signal.aborted || clock.monotonic() - start >= timeoutMs) throw failure;
      await clock.sleep(everyMs, signal);
    }
  } finally {
    cancel();
  }
}

/** `1.502s`, `35.251ms`: how long something took, as Go prints it. */
export function elapsedText(ms: number): string {
  return ms < 1000 ? `${Number(ms.toFixed(3))}ms` : `${Number((ms / 1000).toFixed(6))}s`;
}
