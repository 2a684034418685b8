import type { ContainerStateTerminated, ContainerStatus, Pod } from '@typernetes/api/core/v1';
import { isConditionTrue } from '@typernetes/machinery';

/** The summary of a pod in one line. */
interface PodSummary {
  readonly ready: number;
  readonly total: number;
  /** The most important state: Running, CrashLoopBackOff, Init:0/1, Terminating, ... */
  readonly status: string;
  readonly restarts: number;
  /** When a container last ended before it was started again. */
  readonly lastRestart: string;
}

export function podSummary(pod: Pod): PodSummary {
  const sidecars = new Set(
    (pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always').map((c) => c.name),
  );
  const init = initSummary(pod, sidecars);
  const initialized = init.status === undefined || isConditionTrue(pod.status?.conditions, 'Initialized');
  const main = initialized ? mainSummary(pod, init.status ?? phaseWord(pod)) : undefined;
  const restarts = main ? main.restarts + init.sidecarRestarts : init.restarts;
  return {
    ready: init.ready + (main?.ready ?? 0),
    total: (pod.spec.containers?.length ?? 0) + sidecars.size,
    status: deletionWord(pod) ?? main?.status ?? init.status ?? phaseWord(pod),
    restarts,
    lastRestart: main ? later(main.lastRestart, init.sidecarLastRestart) : init.lastRestart,
  };
}

function phaseWord({ status }: Pod): string {
  const scheduled = status?.conditions?.some((c) => c.type === 'PodScheduled' && c.reason === 'SchedulingGated');
  return scheduled ? 'SchedulingGated' : status?.reason || status?.phase || '';
}

function deletionWord({ metadata, status }: Pod): string | undefined {
  if (!metadata.deletionTimestamp) return undefined;
  if (status?.reason === 'NodeLost') return 'Unknown';
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' ? undefined : 'Terminating';
}

interface InitSummary {
  /** Undefined once every init container is done or, as a sidecar, started. */
  readonly status: string | undefined;
  readonly ready: number;
  readonly restarts: number;
  readonly lastRestart: string;
  readonly sidecarRestarts: number;
  readonly sidecarLastRestart: string;
}

/** Init containers run one after the other: the first unfinished one determines the pod's state. */
function initSummary(pod: Pod, sidecars: ReadonlySet<string>): InitSummary {
  const count = pod.spec.initContainers?.length ?? 0;
  const sum = { ready: 0, restarts: 0, lastRestart: '', sidecarRestarts: 0, sidecarLastRestart: '' };
  for (const [i, container] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const sidecar = sidecars.has(container.name);
    sum.restarts += container.restartCount;
    sum.lastRestart = later(sum.lastRestart, container.lastState?.terminated?.finishedAt);
    if (sidecar) {
      sum.sidecarRestarts += container.restartCount;
      sum.sidecarLastRestart = later(sum.sidecarLastRestart, container.lastState?.terminated?.finishedAt);
    }
    if (container.state?.terminated?.exitCode === 0) continue;
    if (sidecar && container.started) {
      if (container.ready) sum.ready++;
      continue;
    }
    return { ...sum, status: `Init:${initWord(container, i, count)}` };
  }
  return { ...sum, status: undefined };
}

function initWord({ state }: ContainerStatus, index: number, count: number): string {
  if (state?.terminated) return endWord(state.terminated);
  const reason = state?.waiting?.reason;
  return reason && reason !== 'PodInitializing' ? reason : `${index}/${count}`;
}

interface MainSummary {
  readonly status: string;
  readonly ready: number;
  readonly restarts: number;
  readonly lastRestart: string;
}

/** The first container with a noteworthy state wins, so the loop goes backwards and lets it overwrite the others. */
function mainSummary(pod: Pod, initial: string): MainSummary {
  let status = initial;
  let failure: string | undefined;
  let running = false;
  let ready = 0;
  let restarts = 0;
  let lastRestart = '';
  for (const container of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    restarts += container.restartCount;
    lastRestart = later(lastRestart, container.lastState?.terminated?.finishedAt);
    const { waiting, terminated, running: started } = container.state ?? {};
    if (waiting?.reason) status = waiting.reason;
    else if (terminated) {
      status = endWord(terminated);
      if (terminated.exitCode !== 0) failure = status;
    } else if (container.ready && started) {
      running = true;
      ready++;
    }
  }
  if (status === 'Completed') {
    if (running && isConditionTrue(pod.status?.conditions, 'Ready')) status = 'Running';
    else if (failure) status = failure;
    else if (running) status = 'NotReady';
  }
  return { status, ready, restarts, lastRestart };
}

function endWord({ reason, signal, exitCode }: ContainerStateTerminated): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

/** Times of one clock in one format order as texts. */
function later(a: string, b: string | null | undefined): string {
  return b && b > a ? b : a;
}
