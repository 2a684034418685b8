import { podCondition } from '@typernetes/api';
import type { Pod } from '@typernetes/api/core/v1';
import { milliValue, parseTime } from '@typernetes/machinery';

/** The usage of one pod, in thousandths; times in milliseconds. */
export interface PodUsage {
  readonly milli: number;
  readonly at: number;
  readonly windowMs: number;
}

export type Usages = ReadonlyMap<string, PodUsage>;

/** How far below and above the target usage may be without a change: 0.1 is a tenth. */
export interface Tolerances {
  readonly down: number;
  readonly up: number;
}

const isWithin = ({ down, up }: Tolerances, ratio: number): boolean => ratio >= 1 - down && ratio <= 1 + up;

export interface Replicas {
  readonly replicas: number;
  /** The reported current value: in thousandths, an average by default. */
  readonly milli: number;
  /** Percent of the requests. */
  readonly utilization?: number;
}

interface Grouping {
  readonly now: number;
  readonly isCpu: boolean;
  readonly cpuInitializationPeriodMs: number;
  readonly initialReadinessDelayMs: number;
}

interface Groups {
  readonly ready: number;
  readonly unready: readonly string[];
  readonly missing: readonly string[];
  readonly ignored: readonly string[];
}

/** Deleted and failed pods are ignored; the CPU usage of starting pods is not meaningful yet. */
function groupPods(pods: readonly Pod[], usages: Usages, grouping: Grouping): Groups {
  const groups = { ready: 0, unready: [] as string[], missing: [] as string[], ignored: [] as string[] };
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const usage = usages.get(name);
    if (deletionTimestamp !== undefined || pod.status?.phase === 'Failed') groups.ignored.push(name);
    else if (pod.status?.phase === 'Pending') groups.unready.push(name);
    else if (!usage) groups.missing.push(name);
    else if (grouping.isCpu && isStarting(pod, usage, grouping)) groups.unready.push(name);
    else groups.ready++;
  }
  return groups;
}

function isStarting(pod: Pod, usage: PodUsage, grouping: Grouping): boolean {
  const ready = podCondition(pod, 'Ready');
  const started = parseTime(pod.status?.startTime ?? '');
  if (!ready || Number.isNaN(started)) return true;
  const changed = parseTime(ready.lastTransitionTime ?? '');
  if (started + grouping.cpuInitializationPeriodMs > grouping.now)
    return ready.status === 'False' || usage.at < changed + usage.windowMs;
  return ready.status === 'False' && started + grouping.initialReadinessDelayMs > changed;
}

interface Computation {
  readonly pods: readonly Pod[];
  readonly current: number;
  readonly tolerances: Tolerances;
  readonly grouping: Grouping;
}

/** For a target in percent of what the pods request. */
export function replicasForUtilization(
  usages: Usages,
  target: number,
  { requests, ...computation }: Computation & { readonly requests: ReadonlyMap<string, number> },
): Replicas {
  const measure = (known: Usages) => {
    let [used, requested, count] = [0, 0, 0];
    for (const [name, { milli }] of known) {
      const request = requests.get(name);
      if (request === undefined) continue;
      used += milli;
      requested += request;
      count++;
    }
    if (requested === 0) throw new Error('no metrics returned matched known pods');
    const utilization = Math.trunc((used * 100) / requested);
    return { ratio: utilization / target, milli: Math.trunc(used / count), utilization };
  };
  const full = Math.max(100, target);
  const assumed = (name: string): number => Math.trunc(((requests.get(name) ?? 0) * full) / 100);
  return replicasFor(usages, { ...computation, measure, assumed });
}

/** For a target average, in thousandths. */
export function replicasForAverage(usages: Usages, target: number, computation: Computation): Replicas {
  const measure = (known: Usages) => {
    const total = [...known.values()].reduce((sum, { milli }) => sum + milli, 0);
    const milli = Math.trunc(total / known.size);
    return { ratio: milli / target, milli };
  };
  return replicasFor(usages, { ...computation, measure, assumed: () => target });
}

interface Measured {
  readonly ratio: number;
  readonly milli: number;
  readonly utilization?: number;
}

/**
 * Missing pods are assumed to use what works against the change: their full target when usage is low, nothing when it
 * is high; if that reverses the direction, nothing changes.
 */
function replicasFor(
  usages: Usages,
  {
    pods,
    current,
    tolerances,
    grouping,
    measure,
    assumed,
  }: Computation & { measure: (known: Usages) => Measured; assumed: (name: string) => number },
): Replicas {
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count');
  const { ready, unready, missing, ignored } = groupPods(pods, usages, grouping);
  const known = new Map(usages);
  for (const name of [...ignored, ...unready]) known.delete(name);
  if (known.size === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)');
  const measured = measure(known);
  const { ratio } = measured;
  const growsWithUnready = unready.length > 0 && ratio > 1;
  const shown = {
    milli: measured.milli,
    ...(measured.utilization === undefined ? {} : { utilization: measured.utilization }),
  };
  if (!growsWithUnready && missing.length === 0) {
    return { replicas: isWithin(tolerances, ratio) ? current : Math.ceil(ratio * ready), ...shown };
  }
  const nothing = { at: 0, windowMs: 0 };
  if (ratio < 1) for (const name of missing) known.set(name, { ...nothing, milli: assumed(name) });
  if (ratio > 1) for (const name of missing) known.set(name, { ...nothing, milli: 0 });
  if (growsWithUnready) for (const name of unready) known.set(name, { ...nothing, milli: 0 });
  const next = measure(known).ratio;
  const turned = (ratio < 1 && next > 1) || (ratio > 1 && next < 1);
  if (isWithin(tolerances, next) || turned) return { replicas: current, ...shown };
  const replicas = Math.ceil(next * known.size);
  const contrary = (next < 1 && replicas > current) || (next > 1 && replicas < current);
  return { replicas: contrary ? current : replicas, ...shown };
}

/** For a single value of all pods, compared with a target for all (thousandths). */
export function replicasForValue(
  milli: number,
  target: number,
  { current, ready, tolerances }: { current: number; ready: number; tolerances: Tolerances },
): Replicas {
  const ratio = milli / target;
  if (current === 0) return { replicas: Math.ceil(ratio), milli };
  return { replicas: isWithin(tolerances, ratio) ? current : Math.ceil(ratio * ready), milli };
}

/** For a single value of all pods, compared with a target per pod (thousandths). */
export function replicasForShare(
  milli: number,
  target: number,
  { replicas, tolerances }: { replicas: number; tolerances: Tolerances },
): Replicas {
  const stays = isWithin(tolerances, milli / (target * replicas));
  // Nobody has a share where there are no pods: then the whole is told.
  return { replicas: stays ? replicas : Math.ceil(milli / target), milli: Math.ceil(milli / (replicas || 1)) };
}

/** What each pod requests of a resource, in thousandths; of a single container if named. */
export function requestsOf(
  pods: readonly Pod[],
  { resource, container }: { readonly resource: string; readonly container?: string | undefined },
): Map<string, number> {
  const requests = new Map<string, number>();
  for (const { metadata, spec } of pods) {
    const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
    let sum = 0;
    for (const { name, resources } of [...spec.containers, ...sidecars]) {
      if (container !== undefined && name !== container) continue;
      const request = resources?.requests?.[resource];
      if (request === undefined)
        throw new Error(`missing request for ${resource} in container ${name} of Pod ${metadata.name}`);
      sum += milliValue(request);
    }
    requests.set(metadata.name, sum);
  }
  return requests;
}
