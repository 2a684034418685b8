/** A long-running part of a process. `run` settles only after everything it started has stopped. */
export interface Runnable {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Runs the parts concurrently until `signal` aborts or one of them fails; then stops the rest and waits for them.
 * Rejects with the first failure, after all have stopped. A part that returns early does not stop the others.
 */
export async function runAll(parts: readonly Runnable[], signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const scope = AbortSignal.any([signal, stop.signal]);
  const failures: unknown[] = [];
  await Promise.all(
    parts.map(async (part) => {
      try {
        await part.run(scope);
      } catch (error) {
        if (scope.aborted && isAbort(error, scope)) return;
        failures.push(new Error(`Cannot run "${part.name}"`, { cause: error }));
        stop.abort(error);
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
}

/** Whether `error` only says that `signal` was aborted. */
export function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}
