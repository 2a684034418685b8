import type { ContainerStatus, Pod } from '@typernetes/api/core/v1';
import { restartsAfter } from '../pod/restart-policy.ts';

export type Phase = NonNullable<NonNullable<Pod['status']>['phase']>;
type Spec = NonNullable<Pod['spec']>;

/** How many containers are how; sidecars count as far as they run or wait. */
interface Counts {
  pendingInit: number;
  pendingSidecars: number;
  failedInit: number;
  waiting: number;
  running: number;
  stopped: number;
  succeeded: number;
  /** Of the stopped: those that will start again. */
  restarting: number;
}

/**
 * The pod's phase from its containers' statuses (upstream: getPhase). A pod of which something will start again stays Running unless
 * `terminal` says that nothing is restarted any more; so does one whose containers all start anew, whatever has ended for it.
 */
export function phaseOf(
  spec: Spec,
  statuses: { init: readonly ContainerStatus[]; regular: readonly ContainerStatus[] },
  { terminal, restartingAll }: { readonly terminal: boolean; readonly restartingAll: boolean },
): Phase {
  const initialized = statuses.regular.some(hasStarted);
  if (restartingAll && !terminal && initialized) return 'Running';
  const counts = count(spec, statuses);
  if (counts.failedInit > 0) return 'Failed';
  const pending = counts.pendingInit > 0 || (counts.pendingSidecars > 0 && !initialized) || counts.waiting > 0;
  if (pending) return terminal ? 'Failed' : 'Pending';
  if (counts.running > 0) return 'Running';
  if (counts.stopped === 0) return terminal ? 'Failed' : 'Pending';
  if (!terminal && counts.restarting > 0) return 'Running';
  return counts.stopped === counts.succeeded ? 'Succeeded' : 'Failed';
}

/** Whether the container runs or has run, as far as its status tells. */
function hasStarted({ state, lastState, started }: ContainerStatus): boolean {
  return Boolean(started || state?.running || state?.terminated || lastState?.terminated);
}

function count(
  spec: Spec,
  { init, regular }: { init: readonly ContainerStatus[]; regular: readonly ContainerStatus[] },
): Counts {
  const counts: Counts = {
    pendingInit: 0,
    pendingSidecars: 0,
    failedInit: 0,
    waiting: 0,
    running: 0,
    stopped: 0,
    succeeded: 0,
    restarting: 0,
  };
  for (const container of spec.initContainers ?? []) {
    const status = init.find(({ name }) => name === container.name);
    if (container.restartPolicy === 'Always') countSidecar(counts, status);
    else {
      const ended = status?.state?.terminated ?? (status?.state?.waiting && status.lastState?.terminated);
      if (!ended) counts.pendingInit++;
      // One that is tried again holds the pod back; one that is not has failed it.
      else if (ended.exitCode !== 0) {
        if (restartsAfter(container, spec, ended.exitCode)) counts.pendingInit++;
        else counts.failedInit++;
      }
    }
  }
  for (const container of spec.containers) {
    const { state, lastState } = regular.find(({ name }) => name === container.name) ?? {};
    // Between two lives: what counts is the last one.
    const ended = state?.terminated ?? lastState?.terminated;
    if (state?.running) counts.running++;
    else if (!ended) counts.waiting++;
    else {
      counts.stopped++;
      if (ended.exitCode === 0) counts.succeeded++;
      if (restartsAfter(container, spec, ended.exitCode)) counts.restarting++;
    }
  }
  return counts;
}

/** One that has ended does not count: the pod does not wait for it. */
function countSidecar(counts: Counts, status: ContainerStatus | undefined): void {
  if (status?.state?.running) {
    counts.running++;
    if (!status.started) counts.pendingSidecars++;
  } else if (!status?.state?.terminated && !status?.lastState?.terminated) {
    counts.pendingSidecars++;
    counts.waiting++;
  }
}
