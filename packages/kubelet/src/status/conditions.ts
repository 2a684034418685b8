import type { ContainerStatus, Pod, PodCondition } from '@typernetes/api/core/v1';
import { hasRestartAllRule } from '../pod/restart-policy.ts';
import type { Phase } from './phase.ts';

type Condition = Omit<PodCondition, 'lastTransitionTime'>;

/** The pod conditions that the kubelet owns. */
export function conditionsOf(
  pod: Pod,
  phase: Phase,
  seen: {
    init: readonly ContainerStatus[];
    regular: readonly ContainerStatus[];
    sandboxReady: boolean;
    /** The conditions in the API, including those that others write. */
    current: readonly PodCondition[];
    /** A container has ended in a way that restarts all of them. */
    restartingAll: boolean;
  },
): readonly Condition[] {
  const observed = pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation };
  const containersReady = containersReadyOf(pod, phase, seen);
  return [
    { type: 'PodReadyToStartContainers', status: seen.sandboxReady ? 'True' : 'False' },
    initializedOf(pod, phase, seen),
    podReadyOf(pod, containersReady, seen.current),
    containersReady,
    { type: 'PodScheduled', status: 'True' },
    ...(hasRestartAllRule(pod) ? [restartingOf(phase, seen.restartingAll)] : []),
  ].map((condition) => ({ ...condition, ...observed }));
}

function restartingOf(phase: Phase, restarting: boolean): Condition {
  const type = 'AllContainersRestarting';
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  if (!restarting) return { type, status: 'False' };
  const message = 'container exited with restart policy rule';
  return { type, status: 'True', reason: 'RestartAllContainersStarted', message };
}

function initializedOf(
  pod: Pod,
  phase: Phase,
  { init, regular }: { init: readonly ContainerStatus[]; regular: readonly ContainerStatus[] },
): Condition {
  const type = 'Initialized';
  if (phase === 'Succeeded') return { type, status: 'True', reason: 'PodCompleted' };
  // A sidecar that is started again does not take back that the pod was initialized.
  const begun = regular.some(({ state, started }) => started || state?.running || state?.terminated);
  if (begun) return { type, status: 'True' };
  const byName = new Map(init.map((status) => [status.name, status]));
  const incomplete = (pod.spec?.initContainers ?? []).filter(({ name, restartPolicy }) => {
    const status = byName.get(name);
    return restartPolicy === 'Always' ? !status?.started : !status?.ready;
  });
  if (incomplete.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${incomplete.map(({ name }) => name).join(' ')}]`,
  };
}

function containersReadyOf(
  pod: Pod,
  phase: Phase,
  { init, regular }: { init: readonly ContainerStatus[]; regular: readonly ContainerStatus[] },
): Condition {
  const type = 'ContainersReady';
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const byName = new Map([...init, ...regular].map((status) => [status.name, status]));
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  const unknown: string[] = [];
  const unready: string[] = [];
  for (const { name } of [...sidecars, ...(pod.spec?.containers ?? [])]) {
    const status = byName.get(name);
    if (!status) unknown.push(name);
    else if (!status.ready) unready.push(name);
  }
  const messages = [
    ...(unknown.length > 0 ? [`containers with unknown status: [${unknown.join(' ')}]`] : []),
    ...(unready.length > 0 ? [`containers with unready status: [${unready.join(' ')}]`] : []),
  ];
  if (messages.length === 0) return { type, status: 'True' };
  return { type, status: 'False', reason: 'ContainersNotReady', message: messages.join(', ') };
}

function podReadyOf(pod: Pod, containersReady: Condition, current: readonly PodCondition[]): Condition {
  if (containersReady.status !== 'True') return { ...containersReady, type: 'Ready' };
  const problems: string[] = [];
  for (const { conditionType } of pod.spec?.readinessGates ?? []) {
    const gate = current.find(({ type }) => type === conditionType);
    if (!gate) problems.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (gate.status !== 'True')
      problems.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`);
  }
  if (problems.length === 0) return { type: 'Ready', status: 'True' };
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: problems.join(', ') };
}
