import type { Pod } from '@typernetes/api/core/v1';
import { type Clock, isAbort, type Logger, messageOf } from '@typernetes/base';
import type { EventRecorder, EventTarget } from '@typernetes/client';
import type { WorkObserver } from '../metrics/work-metrics.ts';
import { isCritical } from '../pod/identity.ts';
import { qosOf } from '../pod/qos.ts';
import type { MachineUsage } from '../resources/machine-usage.ts';
import type { Observation } from '../resources/observation.ts';
import { type PodUsage, usedOf } from '../resources/pod-usage.ts';
import type { ContainerEvents } from '../status/container-events.ts';
import { conditionMessage, evictedReason, evictionMessage } from './messages.ts';
import { judgePressure, noPressure, type PressureState } from './pressure.ts';
import { rankPods } from './rank.ts';
import { type Observations, type Pressure, resourceOf, type Signal } from './signals.ts';
import { storageExcess } from './storage-limits.ts';
import { isMet, type Threshold } from './thresholds.ts';

/** The end of a pod that the node itself decides on. */
export interface PodVerdict {
  readonly reason: string;
  readonly message: string;
  /** The grace period for its containers. */
  readonly graceSeconds?: number;
  /**
   * The pod is evicted through no fault of its own: it gets the condition DisruptionTarget, with this message if it
   * differs.
   */
  readonly disruption?: boolean | string;
  /** The pod was never admitted: there is nothing to report about its containers. */
  readonly rejected?: boolean;
}

interface EvictionDeps {
  readonly observer?: Pick<WorkObserver, 'podEvicted'>;
  readonly thresholds: readonly Threshold[];
  readonly transitionMs: number;
  readonly maxPodGraceSeconds: number;
  /** Whether to enforce the pods' own limits on local storage. */
  readonly storageLimits: boolean;
  readonly machine: (signal: AbortSignal) => Promise<MachineUsage>;
  /** How many processes a pod has; undefined if the machine cannot say. */
  readonly processes: (pod: Pod) => Promise<number | undefined>;
  readonly usages: (
    pods: readonly Pod[],
    withVolumes: (pod: Pod) => boolean,
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<string, PodUsage>>;
  /** Bytes that pods may use together, for `allocatableMemory.available`. */
  readonly memoryForPods: number;
  /** Pods that have not ended. */
  readonly pods: () => readonly Pod[];
  readonly evict: (pod: Pod, verdict: PodVerdict) => void;
  /** Nothing of the pod runs any more. */
  readonly isGone: (pod: Pod) => boolean;
  /** The pod is already being terminated. */
  readonly isLeaving: (pod: Pod) => boolean;
  /** Makes room on the disk without ending anything. */
  readonly reclaimDisk: (signal: AbortSignal) => Promise<void>;
  readonly node: EventTarget;
  readonly recorder: EventRecorder;
  readonly events: ContainerEvents;
  readonly onConditions: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

const intervalMs = 10_000;
const cleanup = { mostMs: 30_000, lookMs: 1000 };
const immediateGraceSeconds = 1;

/**
 * Keeps the machine alive: when a resource runs short, it first frees caches and images, and then evicts pods, one at a
 * time.
 */
export class EvictionManager {
  readonly name = 'eviction';
  readonly #deps: EvictionDeps;
  #state: PressureState = noPressure;
  #conditions: readonly Pressure[] = [];

  constructor(deps: EvictionDeps) {
    this.#deps = deps;
  }

  /** The pressures that the node is under. */
  get conditions(): readonly Pressure[] {
    return this.#conditions;
  }

  /** Why the pod must not be admitted now; undefined when it may be (upstream: Admit). */
  refusal(pod: Pod): PodVerdict | undefined {
    if (this.#conditions.length === 0 || isCritical(pod)) return undefined;
    if (this.#conditions.every((type) => type === 'MemoryPressure')) {
      const tolerates = (pod.spec?.tolerations ?? []).some(
        ({ key, operator = 'Equal', effect, value = '' }) =>
          (effect === undefined || effect === 'NoSchedule') &&
          ((key === undefined && operator === 'Exists') ||
            (key === 'node.kubernetes.io/memory-pressure' && (operator === 'Exists' || value === ''))),
      );
      if (qosOf(pod) !== 'BestEffort' || tolerates) return undefined;
    }
    return { reason: evictedReason, message: conditionMessage(this.#conditions) };
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    while (!signal.aborted) {
      try {
        const evicted = await this.look(signal);
        if (evicted.length > 0) await this.#untilGone(evicted, signal);
        else await clock.sleep(intervalMs, signal);
      } catch (error) {
        if (isAbort(error, signal)) return;
        log.warn('Cannot watch over the resources of the node', { error: messageOf(error) });
        await clock.sleep(intervalMs, signal).catch(() => {});
      }
    }
  }

  /** One check of the machine, and the resulting action. Returns the evicted pods. */
  async look(signal: AbortSignal): Promise<readonly Pod[]> {
    const { thresholds, storageLimits, recorder, node, transitionMs, clock } = this.#deps;
    if (thresholds.length === 0 && !storageLimits) return [];
    const machine = await this.#deps.machine(signal);
    const pods = this.#deps.pods();
    const diskIsShort = this.#conditions.includes('DiskPressure');
    const usages = await this.#deps.usages(
      pods,
      (pod) => diskIsShort || (storageLimits && hasStorageLimit(pod)),
      signal,
    );
    const observations = this.#observe(machine, usages);
    const verdict = judgePressure(this.#state, thresholds, { observations, now: clock.monotonic(), transitionMs });
    this.#state = verdict;
    if (verdict.conditions.join() !== this.#conditions.join()) {
      this.#conditions = verdict.conditions;
      this.#deps.onConditions();
    }
    const beyond = storageLimits ? this.#evictBeyondLimits(pods, usages, machine.imagesApart) : [];
    const [first] = verdict.acting;
    if (beyond.length > 0 || !first) return beyond;

    const resource = resourceOf(first.signal);
    recorder.event(node, 'Warning', 'EvictionThresholdMet', `Attempting to reclaim ${resource}`);
    const ofDisk = resource === 'ephemeral-storage' || resource === 'inodes';
    if (ofDisk && (await this.#reclaim(first.signal, machine, signal))) return [];
    const measured =
      resource === 'pids'
        ? await this.#withProcesses(pods, usages)
        : ofDisk && !diskIsShort
          ? await this.#deps.usages(pods, () => true, signal)
          : usages;
    for (const pod of rankPods(pods, measured, resource)) {
      if (isCritical(pod)) continue;
      const usage = measured.get(pod.metadata.uid);
      const message = evictionMessage(resource, pod, { usage, acting: verdict.acting, observations });
      const graceSeconds = first.graceMs === 0 ? immediateGraceSeconds : this.#deps.maxPodGraceSeconds;
      this.#evict(pod, { reason: evictedReason, message, graceSeconds, disruption: true }, first.signal);
      return [pod];
    }
    this.#deps.log.warn('Cannot evict any pod', { resource });
    return [];
  }

  /** Counted only when it matters: nobody is measured by it otherwise. */
  async #withProcesses(
    pods: readonly Pod[],
    usages: ReadonlyMap<string, PodUsage>,
  ): Promise<ReadonlyMap<string, PodUsage>> {
    const counted = await Promise.all(
      pods.map(async (pod): Promise<[string, PodUsage]> => {
        const { uid } = pod.metadata;
        const usage = usages.get(uid) ?? { containers: [], volumes: new Map() };
        return [uid, { ...usage, processes: await this.#deps.processes(pod) }];
      }),
    );
    return new Map(counted);
  }

  #observe(machine: MachineUsage, usages: ReadonlyMap<string, PodUsage>): Observations {
    const { memory, nodeFs, imageFs = nodeFs, processes } = machine;
    const ofPods = [...usages.values()].reduce((sum, usage) => sum + usedOf(usage, 'memory'), 0);
    const { memoryForPods: capacity } = this.#deps;
    return new Map<Signal, Observation>([
      ['memory.available', memory],
      ['allocatableMemory.available', { available: Math.max(capacity - ofPods, 0), capacity }],
      ['nodefs.available', nodeFs.bytes],
      ['nodefs.inodesFree', nodeFs.inodes],
      ['imagefs.available', imageFs.bytes],
      ['imagefs.inodesFree', imageFs.inodes],
      ['pid.available', { available: processes.most - processes.running, capacity: processes.most }],
    ]);
  }

  /**
   * Whether there is now enough room. If images have a file system of their own, removing them does not free the other
   * one.
   */
  async #reclaim(signal: Signal, { imagesApart }: MachineUsage, abort: AbortSignal): Promise<boolean> {
    if (imagesApart && signal.startsWith('nodefs')) return false;
    try {
      await this.#deps.reclaimDisk(abort);
    } catch (error) {
      if (isAbort(error, abort)) throw error;
      this.#deps.log.warn('Cannot reclaim all disk space', { error: messageOf(error) });
    }
    const observations = this.#observe(await this.#deps.machine(abort), new Map());
    return !this.#deps.thresholds.some((threshold) => {
      const observation = observations.get(threshold.signal);
      return observation !== undefined && isMet(threshold, observation, true);
    });
  }

  #evictBeyondLimits(
    pods: readonly Pod[],
    usages: ReadonlyMap<string, PodUsage>,
    imagesApart: boolean,
  ): readonly Pod[] {
    return pods.filter((pod) => {
      const usage = usages.get(pod.metadata.uid);
      const message = usage && storageExcess(pod, usage, imagesApart);
      if (message === undefined || isCritical(pod)) return false;
      this.#evict(
        pod,
        { reason: evictedReason, message, graceSeconds: immediateGraceSeconds },
        'ephemeralcontainerfs.limit',
      );
      return true;
    });
  }

  #evict(pod: Pod, verdict: PodVerdict, signal: string): void {
    // The pod is still terminating: evict no other pod instead, and report nothing twice.
    if (this.#deps.isLeaving(pod)) return;
    this.#deps.log.info('Evicting pod', { pod: pod.metadata.name, message: verdict.message });
    this.#deps.events.warning(pod, undefined, evictedReason, verdict.message);
    this.#deps.observer?.podEvicted(signal);
    this.#deps.evict(pod, verdict);
  }

  /** Waits until the evicted pods' resources are free, half a minute at most. */
  async #untilGone(pods: readonly Pod[], signal: AbortSignal): Promise<void> {
    const { clock, isGone } = this.#deps;
    const deadline = clock.monotonic() + cleanup.mostMs;
    while (!pods.every(isGone) && clock.monotonic() < deadline) await clock.sleep(cleanup.lookMs, signal);
  }
}

function hasStorageLimit({ spec }: Pod): boolean {
  return (
    (spec?.volumes ?? []).some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined) ||
    (spec?.containers ?? []).some(({ resources }) => resources?.limits?.['ephemeral-storage'] !== undefined)
  );
}
