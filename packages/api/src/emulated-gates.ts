import { gateHistory } from './feature-gate-history.gen.ts';
import { type FeatureGate, featureGates } from './feature-gates.gen.ts';
import type { ReleaseGates } from './gate-settings.ts';

/**
 * The gates as an older release had them, except gates removed since then: there is no code left that they would
 * switch.
 */
export function gatesOfRelease({ major, minor }: { readonly major: number; readonly minor: number }): ReleaseGates {
  const gates = Object.entries(gateHistory).map(([name, changes]): [string, FeatureGate] => {
    const [, on = false, stage = 'PreAlpha', locked] = changes.findLast(([since]) => since <= minor) ?? [];
    const needs = featureGates[name]?.needs;
    return [name, { on, stage, ...(locked ? { locked } : {}), ...(needs ? { needs } : {}) }];
  });
  return { release: `${major}.${minor}`, gates: Object.fromEntries(gates) };
}
