import type { ContainerStatus, Pod, PodCondition, PodStatus } from '@typernetes/api/core/v1';
import { controllerOf, findCondition } from '@typernetes/machinery';

/** What becomes of a pod on a hollow node. */
export interface PodCourse {
  /** Whether its containers become ready. */
  readonly ready: boolean;
  /** Its containers end with this code as soon as they have started; undefined: they run until the pod is deleted. */
  readonly exitCode?: number;
}

/** Pods of Jobs succeed at once, all others run and are ready. */
export function usualCourse(pod: Pod): PodCourse {
  return controllerOf(pod)?.kind === 'Job' ? { ready: true, exitCode: 0 } : { ready: true };
}

/** The course for a pod. Throws an Error that says what is wrong if `courseOf` throws, or gives no course. */
export function readCourse(courseOf: (pod: Pod) => unknown, pod: Pod): PodCourse {
  let course: unknown;
  try {
    course = courseOf(pod);
  } catch (error) {
    throw new Error(`podCourse failed: ${error instanceof Error ? `${error.name}: ${error.message}` : error}`, {
      cause: error,
    });
  }
  if (isCourse(course)) return course;
  const got = course instanceof Promise ? 'a promise' : JSON.stringify(course);
  throw new Error(`podCourse must return { ready: boolean, exitCode?: integer }, got ${got}`);
}

function isCourse(value: unknown): value is PodCourse {
  if (typeof value !== 'object' || value === null) return false;
  const { ready, exitCode } = value as Readonly<Record<string, unknown>>;
  return typeof ready === 'boolean' && (exitCode === undefined || Number.isInteger(exitCode));
}

/** The reason of events and waiting containers where nobody says how the pod fares. */
export const courseFailed = 'PodCourseFailed';

/** A new pod stays pending, and its containers say why. Undefined if its status says so already, or the pod runs. */
export function waitingStatus(pod: Pod, message: string): PodStatus | undefined {
  const { phase = 'Pending', containerStatuses = [] } = pod.status ?? {};
  if (phase !== 'Pending' || pod.metadata.deletionTimestamp) return undefined;
  if (containerStatuses[0]?.state?.waiting?.message === message) return undefined;
  return {
    ...observed(pod),
    phase,
    containerStatuses: pod.spec.containers.map(({ name, image = '' }) => ({
      name,
      image,
      imageID: '',
      ready: false,
      started: false,
      restartCount: 0,
      state: { waiting: { reason: courseFailed, message } },
    })),
  };
}

/** The next step on a pod's way. */
export type PodStep =
  | { readonly do: 'nothing' }
  /** Delete it for good: its graceful end was asked for. */
  | { readonly do: 'remove' }
  | { readonly do: 'report'; readonly status: PodStatus };

export interface PodPlace {
  readonly course: PodCourse;
  readonly hostIP: string;
  /** An address that no other pod has. */
  readonly podIP: string;
  /** RFC 3339. */
  readonly at: string;
}

/** Decides what is to be done about a pod that is bound to a hollow node; asked again after every change of it. */
export function planPod(pod: Pod, place: () => PodPlace): PodStep {
  const phase = pod.status?.phase ?? 'Pending';
  if (pod.metadata.deletionTimestamp) {
    // Whoever keeps it with a finalizer wants to see how it ended; for all others the removal says enough, at half the cost.
    const seen = phase === 'Running' && pod.metadata.finalizers?.length;
    return seen ? { do: 'report', status: endedStatus(pod, killed, place().at) } : { do: 'remove' };
  }
  if (phase === 'Pending') return { do: 'report', status: runningStatus(pod, place()) };
  if (phase !== 'Running') return { do: 'nothing' };
  const { course, at } = place();
  if (course.exitCode !== undefined) return { do: 'report', status: endedStatus(pod, course.exitCode, at) };
  const isSeen = pod.status?.observedGeneration === pod.metadata.generation;
  if (isSeen && !isWaitingForGates(pod, course)) return { do: 'nothing' };
  return { do: 'report', status: seenStatus(pod, course, at) };
}

/** The exit code of what SIGKILL ended. */
const killed = 137;

function runningStatus(pod: Pod, { course, hostIP, podIP, at }: PodPlace): PodStatus {
  const address = pod.spec.hostNetwork ? hostIP : podIP;
  return {
    ...observed(pod),
    phase: 'Running',
    startTime: at,
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP: address,
    podIPs: [{ ip: address }],
    conditions: conditionsOf({ Ready: course.ready, ContainersReady: course.ready }, { pod, at }),
    ...(pod.spec.initContainers
      ? {
          initContainerStatuses: pod.spec.initContainers.map((container) =>
            endedContainer(pod, container, { code: 0, at }),
          ),
        }
      : {}),
    containerStatuses: pod.spec.containers.map((container) => ({
      ...containerOf(pod, container),
      ready: course.ready,
      started: true,
      state: { running: { startedAt: at } },
    })),
  };
}

/** A pod that runs on as its spec is now: a container with another image is started again. */
function seenStatus(pod: Pod, { ready }: PodCourse, at: string): PodStatus {
  const before = new Map(pod.status?.conditions?.map(({ type, ...rest }) => [type, rest]));
  const conditions = conditionsOf({ Ready: ready, ContainersReady: ready }, { pod, at }).map((condition) => {
    const known = before.get(condition.type);
    return known?.status === condition.status
      ? { ...condition, lastTransitionTime: known.lastTransitionTime ?? at }
      : condition;
  });
  const images = new Map(pod.spec.containers.map(({ name, image = '' }) => [name, image]));
  return {
    ...observed(pod),
    conditions,
    containerStatuses: (pod.status?.containerStatuses ?? []).map((status) => {
      const image = images.get(status.name) ?? status.image;
      if (image === status.image) return status;
      const restartCount = status.restartCount + 1;
      const startedAt = status.state?.running?.startedAt ?? at;
      return {
        ...status,
        image,
        imageID: image,
        containerID: `hollow://${pod.metadata.uid}-${status.name}-${restartCount}`,
        restartCount,
        state: { running: { startedAt: at } },
        lastState: { terminated: { exitCode: killed, reason: 'Error', startedAt, finishedAt: at } },
      };
    }),
  };
}

function endedStatus(pod: Pod, code: number, at: string): PodStatus {
  const reason = code === 0 ? 'PodCompleted' : undefined;
  return {
    ...observed(pod),
    phase: code === 0 ? 'Succeeded' : 'Failed',
    conditions: conditionsOf({ Ready: false, ContainersReady: false }, { pod, at, reason }),
    containerStatuses: pod.spec.containers.map((container) => endedContainer(pod, container, { code, at })),
  };
}

const observed = (pod: Pod): Pick<PodStatus, 'observedGeneration'> =>
  pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation };

const conditionTypes = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];

function conditionsOf(
  states: Readonly<Record<string, boolean>>,
  { pod, at, reason }: { pod: Pod; at: string; reason?: string | undefined },
): PodCondition[] {
  const open = gatesAreOpen(pod);
  return conditionTypes.map((type) => {
    const holds = (states[type] ?? true) && (type !== 'Ready' || open);
    return {
      type,
      status: holds ? 'True' : 'False',
      lastTransitionTime: at,
      ...observed(pod),
      ...(holds
        ? {}
        : { reason: reason ?? (type === 'Ready' && !open ? 'ReadinessGatesNotReady' : 'ContainersNotReady') }),
    };
  });
}

/** Gates have opened or shut since the last report. What others say of a pod without gates stands: tests speak for probes. */
function isWaitingForGates(pod: Pod, { ready }: PodCourse): boolean {
  if (!pod.spec.readinessGates?.length) return false;
  const isReady = findCondition(pod.status?.conditions, 'Ready')?.status === 'True';
  return isReady !== (ready && gatesAreOpen(pod));
}

const gatesAreOpen = ({ spec, status }: Pod): boolean =>
  (spec.readinessGates ?? []).every(
    ({ conditionType }) => findCondition(status?.conditions, conditionType)?.status === 'True',
  );

type Named = { readonly name: string; readonly image?: string };

function containerOf(pod: Pod, { name, image = '' }: Named): Omit<ContainerStatus, 'ready' | 'state'> {
  return {
    name,
    image,
    imageID: image,
    containerID: `hollow://${pod.metadata.uid}-${name}`,
    restartCount: 0,
  };
}

function endedContainer(pod: Pod, container: Named, { code, at }: { code: number; at: string }): ContainerStatus {
  const status = containerOf(pod, container);
  return {
    ...status,
    ready: code === 0 && (pod.spec.initContainers ?? []).some(({ name }) => name === container.name),
    started: false,
    state: {
      terminated: {
        exitCode: code,
        reason: code === 0 ? 'Completed' : 'Error',
        startedAt: at,
        finishedAt: at,
        ...(status.containerID ? { containerID: status.containerID } : {}),
      },
    },
  };
}
