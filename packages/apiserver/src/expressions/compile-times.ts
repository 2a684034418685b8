import { systemClock } from '@typernetes/base';
import { compile as compileCel } from '@typernetes/cel';
import type { Metrics } from '@typernetes/process';

type What = 'compiled' | 'evaluated';

/**
 * Expressions are compiled in code that knows no server: so every server's metrics in this process count all of them.
 */
const listeners = new Set<(what: What, seconds: number) => void>();

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** `apiserver_cel_*`, of the whole process, until `signal` aborts. */
export function celMetrics(metrics: Metrics, signal: AbortSignal): void {
  const histogram = (name: string, help: string) =>
    metrics.histogram(`apiserver_cel_${name}_duration_seconds`, { help, stability: 'BETA', buckets });
  const of = {
    compiled: histogram('compilation', 'CEL compilation time in seconds.'),
    evaluated: histogram('evaluation', 'CEL evaluation time in seconds.'),
  };
  const listener = (what: What, seconds: number): void => of[what].observe(seconds);
  listeners.add(listener);
  signal.addEventListener('abort', () => listeners.delete(listener), { once: true });
}

/** `compile` of @typernetes/cel, timed. */
export const compile: typeof compileCel = (source, environment, options) =>
  timed('compiled', () => compileCel(source, environment, options));

/** Measures `act` as an evaluation, even if it throws. */
export const evaluated = <T>(act: () => T): T => timed('evaluated', act);

function timed<T>(what: What, act: () => T): T {
  const startedAt = systemClock.monotonic();
  const record = (): void => {
    const seconds = (systemClock.monotonic() - startedAt) / 1000;
    for (const listener of listeners) listener(what, seconds);
  };
  let result: T;
  try {
    result = act();
  } catch (error) {
    record();
    throw error;
  }
  if (result instanceof Promise) result.then(record, record);
  else record();
  return result;
}
