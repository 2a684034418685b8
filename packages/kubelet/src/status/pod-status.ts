import type {
  Container,
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
  ResourceRequirements,
  ResourceStatus,
} from '@typernetes/api/core/v1';
import { timestamp } from '@typernetes/base';
import { containersOf } from '../pod/containers.ts';
import { qosOf } from '../pod/qos.ts';
import { restartOfAll, usableSandbox } from '../runtime/pod-history.ts';
import type { PodRecord } from '../runtime/pod-record.ts';
import { conditionsOf } from './conditions.ts';
import { type ContainerSight, containerStatuses } from './container-status.ts';
import { withoutOpenEnds } from './open-ends.ts';
import { phaseOf } from './phase.ts';
import { type ResizeSight, resizeConditions } from './resize-conditions.ts';

interface PodSight extends ContainerSight {
  readonly now: number;
  /** When the kubelet first saw the pod. */
  readonly startTime: number;
  readonly hostIps: readonly string[];
  /** The status last reported: conditions that did not change keep their transition times. */
  readonly previous: PodStatus | undefined;
  /** The pod was ended for a reason of its own (Evicted, DeadlineExceeded). */
  readonly verdict?: {
    readonly reason: string;
    readonly message: string;
    readonly disruption?: boolean | string;
    readonly rejected?: boolean;
  };
  readonly resize?: ResizeSight;
  /** The health of a container's devices. */
  readonly devices?: (container: Container) => readonly ResourceStatus[];
  /** The pod-level resources in use. */
  readonly whole?: ResourceRequirements;
  /** Nothing of the pod runs and nothing will be started. */
  readonly terminal: boolean;
}

/** The status of a pod, from what the runtime knows about it. Pure: equal inputs yield equal statuses. */
export function podStatus(pod: Pod, record: PodRecord, sight: PodSight): PodStatus {
  const containers = containersOf(pod);
  const part = (previous: readonly ContainerStatus[] | undefined, ...kinds: string[]): ContainerStatus[] => {
    const chosen = containers.filter((c) => kinds.includes(c.kind));
    return containerStatuses(pod, chosen, { record, sight, previous: previous ?? [] });
  };
  const before = sight.previous ?? pod.status;
  const seen = {
    init: part(before?.initContainerStatuses, 'init', 'sidecar'),
    regular: part(before?.containerStatuses, 'regular').map((status) => withDevices(pod, status, sight)),
  };
  const { init, regular } = sight.terminal ? withoutOpenEnds(seen) : seen;
  const ephemeral = part(before?.ephemeralContainerStatuses, 'ephemeral');
  const spec = pod.spec ?? { containers: [] };
  const previousPhase = sight.previous?.phase;
  const settled = previousPhase && hasEnded(previousPhase) ? previousPhase : undefined;
  if (sight.verdict?.rejected) return rejectedStatus(pod, sight.verdict, sight);
  if (before?.phase === 'Failed' && !before.containerStatuses) return before;
  // Whoever sees a terminal phase assumes that the pod's resources are free, so it is reported only once nothing of the
  // pod runs.
  const verdict = settled === undefined && sight.terminal ? sight.verdict : undefined;
  const restartingAll = restartOfAll(containers, record) !== undefined;
  const reached = verdict
    ? 'Failed'
    : (settled ?? phaseOf(spec, { init, regular }, { terminal: sight.terminal, restartingAll }));
  const runs = [...init, ...regular, ...ephemeral].some(({ state }) => state?.running);
  const phase = hasEnded(reached) && runs && !sight.terminal && !settled ? (previousPhase ?? 'Running') : reached;
  const sandbox = usableSandbox(record);
  const ips = pod.spec?.hostNetwork ? sight.hostIps : (sandbox?.ips ?? lastIps(sight.previous));
  const current = sight.previous?.conditions ?? pod.status?.conditions ?? [];
  const conditions = conditionsOf(pod, phase, {
    init,
    regular,
    sandboxReady: sandbox !== undefined,
    // Others write the conditions of readiness gates, which the last reported status may not have yet.
    current: pod.status?.conditions ?? [],
    restartingAll,
  });
  return {
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    conditions: withTransitionTimes(
      [
        ...conditions,
        ...(hasEnded(phase) ? disruptionOf(sight, pod.metadata.generation) : []),
        ...resizeConditions(sight.resize, pod.metadata.generation),
      ],
      current,
      sight.now,
    ),
    ...(verdict ? { reason: verdict.reason, message: verdict.message } : reasonOf(phase, before)),
    ...(sight.hostIps[0] ? { hostIP: sight.hostIps[0], hostIPs: sight.hostIps.map((ip) => ({ ip })) } : {}),
    ...(ips[0] ? { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) } : {}),
    startTime: sight.previous?.startTime ?? pod.status?.startTime ?? timestamp(sight.startTime),
    ...(init.length > 0 ? { initContainerStatuses: [...init] } : {}),
    containerStatuses: [...regular],
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    qosClass: qosOf(pod),
    ...wholeOf(pod, sight),
  };
}

const hasEnded = (phase: string): boolean => phase === 'Failed' || phase === 'Succeeded';

/** The pod-level resources that were allocated and that are in use, if it requests any. */
function wholeOf({ spec }: Pod, { whole }: PodSight): Pick<PodStatus, 'allocatedResources' | 'resources'> {
  const { resources } = spec ?? {};
  if (!resources?.limits && !resources?.requests) return {};
  return {
    ...(resources.requests ? { allocatedResources: resources.requests } : {}),
    resources: whole ?? resources,
  };
}

function withDevices({ spec }: Pod, status: ContainerStatus, { devices }: PodSight): ContainerStatus {
  const container = spec?.containers.find(({ name }) => name === status.name);
  const known = (container && devices?.(container)) ?? [];
  return known.length === 0 ? status : { ...status, allocatedResourcesStatus: [...known] };
}

/** Tells controllers that the node has ended the pod through no fault of its own (upstream: DisruptionTarget). */
function disruptionOf(
  { verdict }: PodSight,
  generation: number | undefined,
): readonly Omit<PodCondition, 'lastTransitionTime'>[] {
  if (!verdict?.disruption) return [];
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const reason = 'TerminationByKubelet';
  const message = typeof verdict.disruption === 'string' ? verdict.disruption : verdict.message;
  return [{ type: 'DisruptionTarget', status: 'True', reason, message, ...observed }];
}

/** A pod that has ended keeps the addresses that it had. */
function lastIps(previous: PodStatus | undefined): readonly string[] {
  return (previous?.podIPs ?? []).map(({ ip }) => ip);
}

/** The status of a pod that was not admitted. */
function rejectedStatus(pod: Pod, verdict: { reason: string; message: string }, sight: PodSight): PodStatus {
  return {
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase: 'Failed',
    reason: verdict.reason,
    message: verdict.message,
    startTime: pod.status?.startTime ?? timestamp(sight.startTime),
    qosClass: qosOf(pod),
  };
}

/** The reason for the phase is kept as long as the phase lasts. */
function reasonOf(phase: string, previous: PodStatus | undefined): { reason?: string; message?: string } {
  if (previous?.phase !== phase) return {};
  const { reason, message } = previous;
  return { ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
}

function withTransitionTimes(
  conditions: readonly Omit<PodCondition, 'lastTransitionTime'>[],
  current: readonly PodCondition[],
  now: number,
): PodCondition[] {
  return conditions.map((condition) => {
    const before = current.find(({ type }) => type === condition.type);
    const since = before?.status === condition.status ? before.lastTransitionTime : undefined;
    return { ...condition, lastTransitionTime: since ?? timestamp(now) };
  });
}
