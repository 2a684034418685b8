import type { ContainerState, ContainerStatus, Pod } from '@typernetes/api/core/v1';
import { timestamp } from '@typernetes/base';
import type { ContainerKind, PodContainer } from '../pod/containers.ts';
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
  /** The pod is going down: nothing will be started any more. */
  readonly stopping: boolean;
}

/** The statuses of the containers of one part of the pod, in the order of the spec. */
export function containerStatuses(
  pod: Pod,
  containers: readonly PodContainer[],
  record: PodRecord,
  sight: ContainerSight,
): ContainerStatus[] {
  const hasInit = (pod.spec?.initContainers ?? []).length > 0;
  return containers.map((container) => {
    const lives = record.containers.filter(({ name }) => name === container.spec.name);
    return statusOf(container, lives, sight, defaultWaiting(container.kind, hasInit));
  });
}

function defaultWaiting(kind: ContainerKind, hasInit: boolean): string {
  return hasInit && kind !== 'ephemeral' ? 'PodInitializing' : 'ContainerCreating';
}

function statusOf(
  { spec, kind }: PodContainer,
  lives: readonly ContainerRecord[],
  sight: ContainerSight,
  waitingReason: string,
): ContainerStatus {
  const [current, previous] = lives;
  const waiting = sight.waiting.get(spec.name);
  if (!current) {
    return {
      name: spec.name,
      state: { waiting: waiting ? { ...waiting } : { reason: waitingReason } },
      lastState: {},
      ready: false,
      restartCount: 0,
      image: spec.image ?? '',
      imageID: '',
      started: false,
    };
  }
  const state = stateOf(current, sight.runtimeName);
  const waits = waiting !== undefined && current.state !== 'running' && !sight.stopping;
  const last = waits ? current : previous;
  const ready =
    kind === 'init'
      ? current.state === 'exited' && current.exitCode === 0
      : current.state === 'running' && sight.ready(current);
  return {
    name: spec.name,
    state: waits ? { waiting: { ...waiting } } : state,
    lastState: last && last.state === 'exited' ? stateOf(last, sight.runtimeName) : {},
    ready,
    restartCount: current.attempt,
    image: current.image || (spec.image ?? ''),
    imageID: current.imageId,
    containerID: `${sight.runtimeName}://${current.id}`,
    started: current.state === 'running' && sight.started(current),
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
