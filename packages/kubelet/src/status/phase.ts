import type { ContainerStatus, Pod } from '@typernetes/api/core/v1';

export type Phase = NonNullable<NonNullable<Pod['status']>['phase']>;

interface Counts {
  waiting: number;
  running: number;
  succeeded: number;
  failed: number;
}

/**
 * The pod's phase from its containers' statuses (upstream: getPhase). Sidecars count only as far as they hold back the others; with
 * restart policy Always a pod that has run once stays Running unless `terminal` says that nothing is restarted any more.
 */
export function phaseOf(
  spec: NonNullable<Pod['spec']>,
  statuses: { init: readonly ContainerStatus[]; regular: readonly ContainerStatus[] },
  terminal: boolean,
): Phase {
  const byName = new Map([...statuses.init, ...statuses.regular].map((status) => [status.name, status]));
  let pendingInit = 0;
  let failedInit = 0;
  for (const container of spec.initContainers ?? []) {
    const status = byName.get(container.name);
    if (container.restartPolicy === 'Always') {
      if (!status?.started && !status?.state?.terminated) pendingInit++;
      continue;
    }
    const ended = status?.state?.terminated ?? status?.lastState?.terminated;
    const waitsAfterFailure = status?.state?.waiting && status.lastState?.terminated;
    if (!status || status.state?.running || !ended) pendingInit++;
    else if (ended.exitCode !== 0) {
      if (spec.restartPolicy === 'Never' && !waitsAfterFailure) failedInit++;
      else pendingInit++;
    }
  }
  const counts = count(spec, byName);
  if (failedInit > 0 && spec.restartPolicy === 'Never') return 'Failed';
  const started = counts.running + counts.succeeded + counts.failed > 0;
  if (pendingInit > 0 && !terminal && !started) return 'Pending';
  if (counts.waiting > 0 && !terminal) return 'Pending';
  if (counts.running > 0) return 'Running';
  if (counts.waiting === 0 && started) {
    if (spec.restartPolicy === 'Always' || spec.restartPolicy === undefined) {
      if (!terminal) return 'Running';
      return counts.failed === 0 ? 'Succeeded' : 'Failed';
    }
    if (counts.failed === 0) return 'Succeeded';
    if (terminal || spec.restartPolicy === 'Never') return 'Failed';
    return 'Running';
  }
  return terminal ? 'Failed' : 'Pending';
}

function count(spec: NonNullable<Pod['spec']>, byName: ReadonlyMap<string, ContainerStatus>): Counts {
  const counts: Counts = { waiting: 0, running: 0, succeeded: 0, failed: 0 };
  const ended = (exitCode: number): void => {
    if (exitCode === 0) counts.succeeded++;
    else counts.failed++;
  };
  for (const { name } of spec.containers) {
    const status = byName.get(name);
    if (status?.state?.running) counts.running++;
    else if (status?.state?.terminated) ended(status.state.terminated.exitCode);
    // Between two lives: what counts is the last one.
    else if (status?.state?.waiting && status.lastState?.terminated) ended(status.lastState.terminated.exitCode);
    else counts.waiting++;
  }
  return counts;
}
