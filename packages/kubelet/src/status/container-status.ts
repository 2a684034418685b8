import type { ContainerState, ContainerStatus, Pod, ResourceRequirements, VolumeMount } from '@typernetes/api/core/v1';
import { timestamp } from '@typernetes/base';
import type { ContainerKind, PodContainer } from '../pod/containers.ts';
import { recursiveReadOnly } from '../pod/recursive-read-only.ts';
import type { ContainerRecord, PodRecord } from '../runtime/pod-record.ts';

/** Why a container waits, when the kubelet knows better than "it was not started yet". */
export interface Waiting {
  readonly reason: string;
  readonly message: string;
}

export interface ContainerSight {
  readonly runtimeName: string;
  readonly waiting: ReadonlyMap<string, Waiting>;
  readonly ready: (record: ContainerRecord) => boolean;
  readonly started: (record: ContainerRecord) => boolean;
  /** The resources with which a container runs. */
  readonly resources?: (record: ContainerRecord) => ResourceRequirements | undefined;
  /** Whether the runtime supports recursive read-only mounts. */
  readonly recursiveReadOnly?: boolean;
  /** The pod is going down: nothing will be started any more. */
  readonly stopping: boolean;
}

/** The statuses of one list of containers: init containers in the spec's order, others by name. */
export function containerStatuses(
  pod: Pod,
  containers: readonly PodContainer[],
  seen: { record: PodRecord; sight: ContainerSight; previous: readonly ContainerStatus[] },
): ContainerStatus[] {
  const hasInit = (pod.spec?.initContainers ?? []).length > 0;
  const deleted = pod.metadata.deletionTimestamp !== undefined;
  const statuses = containers.map((container) => {
    const lives = seen.record.containers.filter(({ name }) => name === container.spec.name);
    const own = lives.length > 0 ? statusOf(container, lives, seen.sight) : undefined;
    if (own) return own;
    const { recursiveReadOnly = false } = seen.sight;
    const before = seen.previous.find(({ name }) => name === container.spec.name);
    const waiting = seen.sight.waiting.get(container.spec.name) ?? { reason: defaultWaiting(container.kind, hasInit) };
    return withoutRecord(container, before, { waiting, deleted, recursiveReadOnly });
  });
  const inOrder = containers[0]?.kind === 'init' || containers[0]?.kind === 'sidecar';
  return inOrder ? statuses : statuses.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function defaultWaiting(kind: ContainerKind, hasInit: boolean): string {
  return hasInit && kind !== 'ephemeral' ? 'PodInitializing' : 'ContainerCreating';
}

/** The status of a container unknown to the runtime: not started yet, or removed behind the kubelet's back. */
function withoutRecord(
  { spec, kind }: PodContainer,
  before: ContainerStatus | undefined,
  {
    waiting,
    deleted,
    recursiveReadOnly,
  }: {
    waiting: { reason: string; message?: string };
    deleted: boolean;
    recursiveReadOnly: boolean;
  },
): ContainerStatus {
  if (before?.state?.terminated) return before;
  const vanished = before?.state?.running !== undefined && !before.lastState?.terminated;
  const message = 'The container could not be located when the pod was deleted.  The container used to be Running';
  return {
    name: spec.name,
    state: { waiting: { ...waiting } },
    lastState: vanished
      ? { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', message } }
      : (before?.lastState ?? {}),
    ready: false,
    restartCount: (before?.restartCount ?? 0) + (vanished && !deleted ? 1 : 0),
    image: spec.image ?? '',
    imageID: '',
    ...(kind === 'ephemeral' ? {} : { started: false }),
    ...mountStatuses(spec, recursiveReadOnly),
  };
}

function statusOf(
  { spec, kind }: PodContainer,
  lives: readonly ContainerRecord[],
  sight: ContainerSight,
): ContainerStatus | undefined {
  const [current, previous] = lives;
  if (!current) return undefined;
  const waiting = sight.waiting.get(spec.name);
  const waits = waiting !== undefined && current.state !== 'running' && !sight.stopping;
  const last = waits ? current : previous;
  const running = current.state === 'running';
  const ready =
    kind === 'init' ? current.state === 'exited' && current.exitCode === 0 : running && sight.ready(current);
  return {
    name: spec.name,
    state: waits ? { waiting: { ...waiting } } : stateOf(current, sight.runtimeName),
    lastState: last && last.state === 'exited' ? stateOf(last, sight.runtimeName) : {},
    ready: kind !== 'ephemeral' && ready,
    restartCount: current.attempt,
    image: current.image || (spec.image ?? ''),
    imageID: current.imageId,
    containerID: `${sight.runtimeName}://${current.id}`,
    ...(kind === 'ephemeral' ? {} : { started: running && sight.started(current) }),
    ...givenOf(spec, kind, sight.resources?.(current)),
    ...mountStatuses(spec, sight.recursiveReadOnly ?? false),
    ...userOf(current),
  };
}

function mountStatuses(
  { volumeMounts = [] }: PodContainer['spec'],
  supported: boolean,
): Pick<ContainerStatus, 'volumeMounts'> {
  if (volumeMounts.length === 0) return {};
  return {
    volumeMounts: volumeMounts.map((mount) => ({
      name: mount.name,
      mountPath: mount.mountPath,
      ...(mount.readOnly
        ? { readOnly: true, recursiveReadOnly: isRecursive(mount, supported) ? 'Enabled' : 'Disabled' }
        : {}),
    })),
  };
}

/** A mount with `IfPossible` is reported as not recursive if the runtime does not support it. */
function isRecursive(mount: VolumeMount, supported: boolean): boolean {
  try {
    return recursiveReadOnly(mount, supported);
  } catch {
    return false;
  }
}

function userOf({ user }: ContainerRecord): Pick<ContainerStatus, 'user'> {
  if (!user) return {};
  const groups = user.supplementalGroups.map(Number);
  const linux = {
    uid: Number(user.uid),
    gid: Number(user.gid),
    ...(groups.length > 0 ? { supplementalGroups: groups } : {}),
  };
  return { user: { linux } };
}

/** The resources allocated to the container, and those it runs with. */
function givenOf(
  spec: PodContainer['spec'],
  kind: ContainerKind,
  running: ResourceRequirements | undefined,
): Pick<ContainerStatus, 'allocatedResources' | 'resources'> {
  if (kind === 'ephemeral') return {};
  const requests = spec.resources?.requests;
  const { limits, requests: own } = running ?? spec.resources ?? {};
  return {
    ...(requests && Object.keys(requests).length > 0 ? { allocatedResources: requests } : {}),
    resources: { ...(limits ? { limits } : {}), ...(own ? { requests: own } : {}) },
  };
}

function stateOf(record: ContainerRecord, runtimeName: string): ContainerState {
  if (record.state === 'running') return { running: { startedAt: timestamp(record.startedAt) } };
  if (record.state === 'created') return { waiting: { reason: 'ContainerCreating' } };
  if (record.state === 'unknown') {
    const message = 'The container could not be located when the pod was terminated';
    return { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', message } };
  }
  return {
    terminated: {
      exitCode: record.exitCode,
      reason: record.reason || (record.exitCode === 0 ? 'Completed' : 'Error'),
      ...(record.message ? { message: record.message } : {}),
      startedAt: timestamp(record.startedAt),
      finishedAt: timestamp(record.finishedAt),
      containerID: `${runtimeName}://${record.id}`,
    },
  };
}
