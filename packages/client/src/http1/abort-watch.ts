type Callback = (signal: AbortSignal) => void;

const watched = new WeakMap<AbortSignal, Set<Callback>>();

/**
 * Calls back when the signal aborts, unless the returned function is called before. Long-lived signals are passed to
 * request after request: all share one listener, which costs less than adding and removing one for each.
 */
export function onAbort(signal: AbortSignal, callback: Callback): () => void {
  let callbacks = watched.get(signal);
  if (!callbacks) {
    const made = new Set<Callback>();
    signal.addEventListener('abort', () => runAll(made, signal), { once: true });
    watched.set(signal, made);
    callbacks = made;
  }
  const one: Callback = (aborted) => callback(aborted);
  callbacks.add(one);
  return () => callbacks.delete(one);
}

function runAll(callbacks: Set<Callback>, signal: AbortSignal): void {
  for (const callback of callbacks) callback(signal);
  callbacks.clear();
}

/** The error of a request that its signal has aborted. */
export function abortError(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}
