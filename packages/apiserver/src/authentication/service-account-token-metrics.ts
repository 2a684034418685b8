import type { Metrics } from '@typernetes/process';

/** Counts which kinds of service account tokens are used. */
export interface TokenUses {
  valid(): void;
  /** Past the time at which its client should have reloaded it. */
  stale(): void;
  /** `made`: by whom its Secret was made. */
  legacy(made: 'auto' | 'manual'): void;
  /** An auto-generated token marked as invalid was used. */
  invalid(): void;
}

export function serviceAccountTokenMetrics(metrics: Metrics): TokenUses {
  const counter = (name: string, help: string) => metrics.counter(`serviceaccount_${name}_tokens_total`, { help });
  const valid = counter('valid', 'Cumulative valid projected service account tokens used');
  const stale = counter('stale', 'Cumulative stale projected service account tokens used');
  const legacy = counter('legacy', 'Cumulative legacy service account tokens used');
  const used = (kind: string, help: string) =>
    metrics.counter(`serviceaccount_${kind}_token_uses_total`, { help: `Cumulative ${help} tokens used` });
  const auto = used('legacy_auto', 'auto-generated legacy');
  const manual = used('legacy_manual', 'manually created legacy');
  const invalid = used('invalid_legacy_auto', 'invalid auto-generated legacy');
  return {
    valid: () => valid.add(),
    stale: () => stale.add(),
    legacy: (made) => {
      legacy.add();
      (made === 'auto' ? auto : manual).add();
    },
    invalid: () => invalid.add(),
  };
}
