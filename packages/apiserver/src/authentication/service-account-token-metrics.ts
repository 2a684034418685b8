import type { Metrics } from '@typernetes/process';

/** Which kinds of service account tokens are used. */
export interface TokenUses {
  valid(): void;
  /** Past the time at which its client should have reloaded it. */
  stale(): void;
  legacy(): void;
}

export function serviceAccountTokenMetrics(metrics: Metrics): TokenUses {
  const counter = (name: string, help: string) => metrics.counter(`serviceaccount_${name}_tokens_total`, { help });
  const valid = counter('valid', 'Cumulative valid projected service account tokens used');
  const stale = counter('stale', 'Cumulative stale projected service account tokens used');
  const legacy = counter('legacy', 'Cumulative legacy service account tokens used');
  return { valid: () => valid.add(), stale: () => stale.add(), legacy: () => legacy.add() };
}
