import type { ContainerStatus, Pod } from '@typernetes/api/core/v1';
import { restartsAfter } from '../pod/restart-policy.ts';

export type Phase = NonNullable<NonNullable<Pod['status']>['phase']>;
type Spec = NonNullable<Pod['spec']>;

/** How many containers are in which state; sidecars count if they run or wait. */
interface Counts {
  pendingInit: number;
  pendingSidecars: number;
  failedInit: number;
  waiting: number;
  running: number;
  stopped: number;
  succeeded: number;
  /** The stopped ones that will be restarted. */
  restarting: number;
}

/**
 * The pod's phase, from its containers' statuses (upstream: getPhase). A pod of which a container will be restarted
 * stays Running unless `terminal` says that nothing is restarted any more; so does a pod that restarts all containers.
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

/** Whether the container runs or has run, by its status. */
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
      // An init container that is retried keeps the pod pending; one that is not has failed it.
      else if (ended.exitCode !== 0) {
        if (restartsAfter(container, spec, ended.exitCode)) counts.pendingInit++;
        else counts.failedInit++;
      }
    }
  }
  for (const container of spec.containers) {
    const { state, lastState } = regular.find(({ name }) => name === container.name) ?? {};
    // Waiting for its restart: its last state counts.
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

/** An ended sidecar does not count: the pod does not wait for it. */
function countSidecar(counts: Counts, status: ContainerStatus | undefined): void {
  if (status?.state?.running) {
    counts.running++;
    if (!status.started) counts.pendingSidecars++;
  } else if (!status?.state?.terminated && !status?.lastState?.terminated) {
    counts.pendingSidecars++;
    counts.waiting++;
  }
}
