import type { Pod } from '@typernetes/api/core/v1';
import type { Clock, Logger, Runnable } from '@typernetes/base';
import type { EventRecorder } from '@typernetes/client';
import type { ContainerRuntime, Image } from '@typernetes/cri';
import { parseDuration } from '@typernetes/process';
import type { Tracer } from '@typernetes/process/tracing';
import type { CompleteConfiguration } from '../config/defaults.ts';
import { LogRotator } from '../container-logs/log-rotator.ts';
import { EvictionManager } from '../eviction/eviction-manager.ts';
import { parseThresholds } from '../eviction/thresholds.ts';
import { removeEndedContainers } from '../garbage-collection/ended-containers.ts';
import { ImageCollector } from '../garbage-collection/image-collector.ts';
import type { PodObserver } from '../metrics/kubelet-metrics.ts';
import { openKernelLog } from '../node/kernel-log.ts';
import type { Machine } from '../node/machine.ts';
import { OomWatcher } from '../node/oom-watcher.ts';
import { allocatableOf, capacityOf } from '../node/resources.ts';
import { unitsOf } from '../pod/amount.ts';
import type { PodWorkers } from '../pod-worker/pod-workers.ts';
import { type MachineUsage, readMachineUsage } from '../resources/machine-usage.ts';
import type { Observation } from '../resources/observation.ts';
import { PodUsageReader } from '../resources/pod-usage-reader.ts';
import type { ContainerEvents } from '../status/container-events.ts';
import type { StatusWriter } from '../status/status-writer.ts';
import { imagesOfVolumes } from '../volumes/image-volumes.ts';

interface UpkeepOptions {
  readonly nodeName: string;
  readonly rootDir: string;
  readonly podsDir: string;
  /** The image of sandboxes, if known. */
  readonly sandboxImage: string;
  readonly config: CompleteConfiguration;
  readonly machine: Machine;
  readonly runtime: ContainerRuntime;
  readonly recorder: EventRecorder;
  readonly events: ContainerEvents;
  readonly workers: () => PodWorkers;
  /** The number of processes of a pod; undefined if the machine cannot say. */
  readonly processes: (pod: Pod) => Promise<number | undefined>;
  readonly statuses: Pick<StatusWriter, 'last'>;
  /** Called regularly with the ids of all images that were present at a time. */
  readonly onImages: (ids: ReadonlySet<string>, at: number) => Promise<void>;
  readonly onConditions: () => void;
  readonly observer?: Pick<PodObserver, 'podEvicted' | 'imageRemoved'>;
  readonly tracer?: Pick<Tracer, 'span'> | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The parts that keep the machine in order while pods come and go. */
export interface Upkeep {
  readonly parts: readonly Runnable[];
  readonly eviction: EvictionManager;
  readonly usages: PodUsageReader;
  machineUsage(signal?: AbortSignal): Promise<MachineUsage>;
}

export function createUpkeep(options: UpkeepOptions): Upkeep {
  const { config, runtime, recorder, clock, log, nodeName } = options;
  const ms = (text: string): number => parseDuration(text) ?? 0;
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, uid: nodeName } };
  const machineUsage = async (signal?: AbortSignal): Promise<MachineUsage> =>
    readMachineUsage(options.rootDir, await imageDirectory(runtime, signal));
  const usages = new PodUsageReader({
    runtime,
    podsDir: options.podsDir,
    logsDir: config.podLogsDir,
    clock,
    volumesMs: ms(config.volumeStatsAggPeriod),
  });
  const images = new ImageCollector({
    runtime,
    disk: async (signal): Promise<Observation> => {
      const { imageFs, nodeFs } = await machineUsage(signal);
      return (imageFs ?? nodeFs).bytes;
    },
    isKept: (image) => {
      if (isSandboxImage(image, options.sandboxImage)) return true;
      const mounted = imagesOfVolumes(options.workers().pods);
      return [...image.repoTags, ...image.repoDigests].some((name) => mounted.has(name));
    },
    high: config.imageGCHighThresholdPercent,
    low: config.imageGCLowThresholdPercent,
    minAgeMs: ms(config.imageMinimumGCAge),
    maxAgeMs: ms(config.imageMaximumGCAge),
    onImages: options.onImages,
    observer: options.observer,
    tracer: options.tracer,
    node,
    recorder,
    clock,
    log,
  });
  const hasEnded = (pod: Pod): boolean => {
    const phase = (options.statuses.last(pod) ?? pod.status)?.phase;
    return phase === 'Succeeded' || phase === 'Failed';
  };
  const eviction = new EvictionManager({
    ...(options.observer ? { observer: options.observer } : {}),
    thresholds: parseThresholds(config),
    transitionMs: ms(config.evictionPressureTransitionPeriod),
    maxPodGraceSeconds: config.evictionMaxPodGracePeriod,
    storageLimits: config.localStorageCapacityIsolation,
    machine: machineUsage,
    usages: (pods, withVolumes, signal) => usages.read(pods, withVolumes, signal),
    processes: options.processes,
    memoryForPods: memoryForPods(options),
    pods: () => options.workers().pods.filter((pod) => !hasEnded(pod)),
    evict: (pod, verdict) => options.workers().fail(pod.metadata.uid, verdict),
    isGone: (pod) => !options.workers().holds(pod.metadata.uid),
    isLeaving: (pod) => options.workers().isLeaving(pod.metadata.uid),
    reclaimDisk: async (signal) => {
      const collect = () => removeEndedContainers(options.workers().pods.filter(hasEnded), { runtime, log }, signal);
      await (options.tracer ? options.tracer.span({ name: 'Containers/GarbageCollect' }, collect) : collect());
      await images.removeUnused(signal);
    },
    node,
    recorder,
    events: options.events,
    onConditions: options.onConditions,
    clock,
    log,
  });
  const logs = new LogRotator({
    runtime,
    clock,
    log,
    maxBytes: unitsOf(config.containerLogMaxSize) ?? -1,
    maxFiles: config.containerLogMaxFiles,
    intervalMs: ms(config.containerLogMonitorInterval),
    workers: config.containerLogMaxWorkers,
  });
  const oom = new OomWatcher({ open: openKernelLog, node, recorder, clock, log });
  return { parts: [eviction, images, logs, oom], eviction, usages, machineUsage };
}

/** The memory limit of all pods together. Eviction thresholds are not subtracted: evictions enforce them. */
export function memoryForPods({ machine, config }: Pick<UpkeepOptions, 'machine' | 'config'>): number {
  const { memory } = allocatableOf(capacityOf(machine, config), { ...config, evictionHard: {} });
  return unitsOf(memory) ?? 0;
}

async function imageDirectory(runtime: ContainerRuntime, signal?: AbortSignal): Promise<string | undefined> {
  const { imageFilesystems } = await runtime.imageFsInfo(signal ? { signal } : {});
  return imageFilesystems[0]?.fsId?.mountpoint || undefined;
}

/** Runtimes before containerd 1.7 do not mark it as pinned, and no container in their list uses it. */
function isSandboxImage({ repoTags }: Image, named: string): boolean {
  return repoTags.some((tag) => (named === '' ? /\/pause:[^/]+$/.test(tag) : tag === named));
}
