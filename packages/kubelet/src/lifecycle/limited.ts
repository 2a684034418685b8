import type { Clock } from '@typernetes/base';

/**
 * The result of the work; rejects if it takes longer than `ms`. The work's own signal aborts then, and when `signal`
 * aborts.
 */
export async function limited<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { ms, clock, signal }: { readonly ms: number; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<T> {
  const late = new AbortController();
  const cancel = clock.after(ms, () => late.abort());
  try {
    return await work(AbortSignal.any([signal, late.signal]));
  } catch (error) {
    if (late.signal.aborted && !signal.aborted) throw new Error('context deadline exceeded', { cause: error });
    throw error;
  } finally {
    cancel();
  }
}
