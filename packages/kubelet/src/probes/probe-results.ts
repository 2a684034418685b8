import type { Container, Probe } from '@typernetes/api/core/v1';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

/** The results of one probe of one container so far. */
export interface ProbeState {
  readonly outcome: 'unknown' | 'success' | 'failure';
  /** Length of the current run of equal answers. */
  readonly run: number;
  readonly last: boolean | undefined;
}

export const freshState: ProbeState = { outcome: 'unknown', run: 0, last: undefined };

/** The state of a probe that succeeded before the kubelet was restarted. */
export const passedState: ProbeState = { outcome: 'success', run: 0, last: undefined };

/** Adds a result: the outcome changes once the threshold of consecutive equal results is reached. */
export function afterAnswer(state: ProbeState, passed: boolean, probe: Probe): ProbeState {
  const run = state.last === passed ? state.run + 1 : 1;
  const threshold = passed ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
  const outcome = run >= threshold ? (passed ? 'success' : 'failure') : state.outcome;
  return { outcome, run, last: passed };
}

export function probeOf(container: Container, kind: ProbeKind): Probe | undefined {
  if (kind === 'startup') return container.startupProbe;
  return kind === 'liveness' ? container.livenessProbe : container.readinessProbe;
}
