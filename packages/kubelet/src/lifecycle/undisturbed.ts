import type { Clock } from '@typernetes/base';

/** How long the runtime may still take to finish a call that is no longer wanted. */
const finishMs = 10_000;

/**
 * A call that creates something in the container runtime. When `signal` aborts, the call may still finish, for 10 s at
 * most, before this rejects with the signal's reason: a runtime that is cancelled between two of its own steps loses
 * track. containerd then keeps a task that can neither be started nor removed, and the pod with it.
 */
export async function undisturbed<R>(
  call: (limit: AbortSignal) => Promise<R>,
  { signal, clock }: { readonly signal: AbortSignal; readonly clock: Pick<Clock, 'after'> },
): Promise<R> {
  signal.throwIfAborted();
  const over = new AbortController();
  let cancel = (): void => {};
  const onAbort = (): void => {
    cancel = clock.after(finishMs, () => over.abort(signal.reason));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const result = await call(over.signal);
    signal.throwIfAborted();
    return result;
  } finally {
    signal.removeEventListener('abort', onAbort);
    cancel();
  }
}
