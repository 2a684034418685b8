import type { Pod, PodStatus } from '@typernetes/api/core/v1';
import type { PodVerdict } from '../eviction/eviction-manager.ts';
import { aborted } from '../lifecycle/aborted.ts';
import { Waker } from '../lifecycle/waker.ts';
import type { RoundKind } from '../metrics/work-metrics.ts';
import { type Allocation, allocationOf } from '../pod/allocation.ts';
import { containersOf } from '../pod/containers.ts';
import { graceOf } from '../pod/grace.ts';
import { mountsRecursively } from '../pod/recursive-read-only.ts';
import type { Reported } from '../probes/prober.ts';
import { usableSandbox } from '../runtime/pod-history.ts';
import { emptyRecord, newestByName, type PodRecord, readPodRecord } from '../runtime/pod-record.ts';
import { podStatus } from '../status/pod-status.ts';
import { ResizeEvents } from '../status/resize-events.ts';
import { VolumeError } from '../volumes/volume-retries.ts';
import { asksForMore } from './changes.ts';
import type { PodWorkerDeps } from './deps.ts';
import { PodSync } from './pod-sync.ts';
import { PodTeardown } from './pod-teardown.ts';

/** Every pod is synced at least this often, in milliseconds. */
const usualResyncMs = 60_000;
const retryMs = { first: 1000, most: 10_000 };

/**
 * Runs one pod on this machine, from its first sync until nothing of it is left. Rounds do not overlap: an event during a round wakes the
 * worker for another one. A deletion interrupts the round under way, such as the pull of an image.
 */
export class PodWorker {
  #pod: Pod;
  readonly #deps: PodWorkerDeps;
  readonly #sync: PodSync;
  readonly #teardown: PodTeardown;
  readonly #resizeEvents: ResizeEvents;
  readonly #startTime: number;
  /** The runtime has never had anything of this pod: its first sync need not ask. */
  #fresh: boolean;
  #removed = false;
  readonly #released = Promise.withResolvers<void>();
  #isReleased = false;
  /** The pod and its containers while they are being stopped. */
  #ending: { readonly pod: Pod; readonly record: PodRecord } | undefined;
  /** Called when the resources of the pod have changed. */
  readonly #onResize: (() => void) | undefined;
  /** Resolves when preempted pods have freed what this one needs. */
  #room: Promise<unknown> | undefined;
  /** Exclusive resources (devices, CPUs, memory) have been assigned. */
  #claimed = false;
  #hasRun = false;
  /** The pod as it was in the last round. */
  #looked: Pod | undefined;
  #verdict: PodVerdict | undefined;
  /** The upper limit of the grace period, in seconds. */
  #mostSeconds = Number.POSITIVE_INFINITY;
  readonly #waker: Waker;
  #interrupt = new AbortController();
  #failures = 0;

  constructor(
    pod: Pod,
    deps: PodWorkerDeps,
    options: { fresh: boolean; room?: Promise<unknown>; onResize?: () => void },
  ) {
    this.#pod = pod;
    this.#deps = deps;
    this.#waker = new Waker(deps.clock);
    this.#sync = new PodSync(deps);
    this.#teardown = new PodTeardown(deps);
    this.#resizeEvents = new ResizeEvents(deps.events);
    this.#fresh = options.fresh;
    this.#room = options.room;
    this.#onResize = options.onResize;
    this.#startTime = deps.clock.now();
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** The pod is gone from its source; if one with the same uid appears, it gets a new worker. */
  get leaving(): boolean {
    return this.#removed;
  }

  /** The pod has ended, and its volumes are unmounted. */
  get released(): boolean {
    return this.#isReleased;
  }

  /** Resolves when the pod has ended and its volumes are unmounted. */
  get whenReleased(): Promise<void> {
    return this.#released.promise;
  }

  /** Why the kubelet ends the pod, if it does. */
  get verdict(): PodVerdict | undefined {
    return this.#verdict;
  }

  /** Takes a newer version of the pod. */
  update(pod: Pod): void {
    const graceBefore = graceOf(this.#pod);
    const before = this.#pod;
    const wasDeleted = before.metadata.deletionTimestamp !== undefined;
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp && (!wasDeleted || graceOf(pod) < graceBefore)) this.#interrupt.abort();
    if (asksForMore(before, pod)) this.wake();
  }

  /** The pod is gone from its source: stops it; then `run` settles. */
  remove(): void {
    if (this.#removed) return;
    this.#removed = true;
    if (!this.#pod.metadata.deletionTimestamp) this.#interrupt.abort();
    this.wake();
  }

  /** Ends the pod as failed, whatever its restart policy. The first verdict is kept, but a later one may shorten the grace period. */
  fail(verdict: PodVerdict): void {
    const { graceSeconds = Number.POSITIVE_INFINITY } = verdict;
    const hurries = graceSeconds < Math.min(this.#mostSeconds, this.#graceSeconds);
    if (this.#verdict && !hurries) return;
    this.#verdict ??= verdict;
    this.#mostSeconds = Math.min(this.#mostSeconds, graceSeconds);
    this.#interrupt.abort();
    this.wake();
  }

  /** The grace period for the containers, in seconds: it may become shorter, never longer (upstream: calculateEffectiveGracePeriod). */
  get #graceSeconds(): number {
    const own = graceOf(this.#pod);
    const given = this.#pod.metadata.deletionTimestamp === undefined ? (this.#verdict?.graceSeconds ?? own) : own;
    return Math.min(given, this.#mostSeconds);
  }

  wake(): void {
    this.#waker.wake();
  }

  /** The result of a probe has changed. While the containers are being stopped, the status is reported at once. */
  probed(): void {
    if (this.#ending) this.#report(this.#ending.pod, this.#ending.record, { terminal: false, stopping: true });
    else this.wake();
  }

  /** Settles when nothing of the pod is left, or when `signal` aborts: then the containers are left running. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#interrupt = new AbortController();
      const round = AbortSignal.any([signal, this.#interrupt.signal]);
      const { resyncMs = usualResyncMs } = this.#deps;
      let againMs = resyncMs;
      const { clock, observer } = this.#deps;
      const startedAt = clock.monotonic();
      const kind = this.#kind();
      try {
        const outcome = await this.#traced(kind, () => this.#round(round)).finally(() =>
          observer?.round(kind, (clock.monotonic() - startedAt) / 1000),
        );
        if (outcome === 'gone') return;
        againMs = Math.min(outcome, resyncMs);
        this.#failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (this.#interrupt.signal.aborted) continue;
        this.#failures++;
        againMs = Math.min(retryMs.first * 2 ** (this.#failures - 1), retryMs.most);
        // Volumes have retry delays of their own.
        if (error instanceof VolumeError && Number.isFinite(error.retryMs)) againMs = Math.min(error.retryMs, resyncMs);
        this.#deps.log.error('Cannot sync pod', error, { pod: this.#pod.metadata.name, uid: this.#pod.metadata.uid });
      }
      await this.#waker.wait(againMs, signal);
    }
  }

  /** Records a span with upstream's name for the round. */
  #traced<T>(kind: RoundKind, run: () => Promise<T>): Promise<T> {
    const { tracer } = this.#deps;
    if (!tracer) return run();
    const { uid, name, namespace = 'default', deletionTimestamp } = this.#pod.metadata;
    const ends = this.#removed || this.#verdict !== undefined || deletionTimestamp !== undefined;
    const attributes = {
      'k8s.pod.uid': uid,
      'k8s.pod': `${namespace}/${name}`,
      'k8s.pod.name': name,
      'k8s.pod.update_type': kind,
      'k8s.namespace.name': namespace,
    };
    return tracer.span({ name: ends ? 'syncTerminatingPod' : 'syncPod', attributes }, run);
  }

  /** The kind of this round, for metrics and spans. */
  #kind(): RoundKind {
    const before = this.#looked;
    this.#looked = this.#pod;
    if (before === undefined) return 'create';
    return before === this.#pod ? 'sync' : 'update';
  }

  /** One round. Returns after how many milliseconds the next one is due, or that nothing is left of the pod. */
  async #round(signal: AbortSignal): Promise<'gone' | number> {
    const pod = this.#pod;
    const deleted = this.#removed || pod.metadata.deletionTimestamp !== undefined;
    const status = this.#deps.statuses.last(pod) ?? pod.status;
    const ended = status?.phase === 'Succeeded' || status?.phase === 'Failed';
    if (!deleted && !ended && !this.#verdict) return this.#keepRunning(pod, signal);

    const record = await this.#read(signal);
    this.#report(pod, record, { terminal: false, stopping: true });
    this.#ending = { pod, record };
    await this.#teardown.stop(pod, record, { graceSeconds: this.#graceSeconds, signal }).finally(() => {
      this.#ending = undefined;
    });
    // Before the pod is reported as ended: then its claims may be deallocated, so the drivers must be done with them.
    await this.#deps.dra?.unprepare(pod, signal);
    const final = await this.#read(signal);
    this.#report(pod, final, { terminal: true, stopping: true });
    this.#deps.prober.forget(pod);
    if (!deleted) {
      if (!this.#isReleased) await this.#teardown.release(pod);
      this.#release();
      return Number.POSITIVE_INFINITY;
    }
    await this.#teardown.clean(pod, final, signal);
    this.#release();
    if (this.#removed) this.#deps.statuses.forget(pod);
    else this.#deps.statuses.finish(pod);
    return 'gone';
  }

  #release(): void {
    this.#isReleased = true;
    this.#released.resolve();
  }

  async #keepRunning(pod: Pod, signal: AbortSignal): Promise<number> {
    const deadline = pod.spec?.activeDeadlineSeconds;
    const started = this.#deps.statuses.last(pod)?.startTime ?? pod.status?.startTime;
    const leftMs =
      deadline === undefined
        ? Number.POSITIVE_INFINITY
        : (started ? Date.parse(started) : this.#startTime) + deadline * 1000 - this.#deps.clock.now();
    if (leftMs <= 0) {
      const message = 'Pod was active on the node longer than the specified deadline';
      this.#verdict = { reason: 'DeadlineExceeded', message };
      this.#deps.events.normal(pod, undefined, 'DeadlineExceeded', message);
      return 0;
    }
    if (this.#room) {
      await Promise.race([this.#room, aborted(signal)]);
      signal.throwIfAborted();
      this.#room = undefined;
    }
    if (!this.#claimed && this.#deps.resources?.concerns(pod)) {
      const verdict = await this.#deps.resources.claim(pod);
      if (verdict) {
        this.#verdict = verdict;
        this.#deps.events.warning(pod, undefined, verdict.reason, verdict.message.replace(/^Pod was rejected: /, ''));
        return 0;
      }
      this.#claimed = true;
    }
    const record = this.#fresh ? emptyRecord(this.#identity) : await this.#read(signal);
    this.#report(pod, record, { terminal: false, stopping: false });
    this.#fresh = false;
    const result = await this.#sync.run(this.#allocation(pod).pod, record, signal).catch(async (error: unknown) => {
      if (!signal.aborted) this.#report(pod, await this.#read(signal), { terminal: false, stopping: false });
      throw error;
    });
    const after = result.changed ? await this.#read(signal) : record;
    this.#report(pod, after, { terminal: false, stopping: false });
    await this.#teardown.dropSurplus(after, signal);
    return Math.min(result.againMs, leftMs);
  }

  get #identity(): { uid: string; name: string; namespace: string } {
    const { uid, name, namespace = 'default' } = this.#pod.metadata;
    return { uid, name, namespace };
  }

  #read(signal: AbortSignal): Promise<PodRecord> {
    return readPodRecord(this.#deps.runtime, this.#identity, signal);
  }

  /** The pod with the resources that are allocated to it, which may be less than it asks for during a resize. */
  #allocation(pod: Pod): Allocation {
    const { statuses, shortage } = this.#deps;
    return allocationOf(pod, statuses.last(pod) ?? pod.status, (asking) => shortage?.(asking));
  }

  /** Computes and hands on the status, and starts and stops probes accordingly. */
  #report(asked: Pod, record: PodRecord, { terminal, stopping }: { terminal: boolean; stopping: boolean }): PodStatus {
    const { prober, clock, node, statuses, runtimeName } = this.#deps;
    const hostIps = node.facts().hostIps;
    const { pod, pending, granted } = this.#allocation(asked);
    const newest = newestByName(record);
    const previous = statuses.last(pod) ?? pod.status;
    const { resizes } = this.#sync;
    resizes.see(pod, record, previous);
    const running = containersOf(pod).flatMap((container) => {
      const own = newest.get(container.spec.name);
      if (own?.state !== 'running' || container.kind === 'init' || container.kind === 'ephemeral') return [];
      return [{ container, record: own, reported: reportedOf(previous, `${runtimeName}://${own.id}`) }];
    });
    const podIp = (pod.spec?.hostNetwork ? hostIps[0] : usableSandbox(record)?.ips[0]) ?? '';
    if (stopping) prober.end(pod);
    else prober.watch(pod, running, podIp);
    const resize = {
      ...(pending ? { pending } : {}),
      inProgress: !stopping && resizes.inProgress(pod, record),
      ...(resizes.failure === undefined ? {} : { failure: resizes.failure }),
    };
    if (!stopping) this.#resizeEvents.see(asked, pod, resize);
    const status = podStatus(pod, record, {
      runtimeName,
      waiting: this.#sync.waiting,
      ready: ({ id }) => prober.ready(id),
      started: ({ id }) => prober.started(id),
      stopping,
      resources: (own) => resizes.of(own),
      devices: (container) => this.#deps.deviceStatus?.(pod, container) ?? [],
      resize,
      ...(resizes.whole ? { whole: resizes.whole } : {}),
      now: clock.now(),
      recursiveReadOnly: mountsRecursively(this.#deps.handlers(), record.sandboxes[0]?.handler ?? ''),
      startTime: this.#startTime,
      hostIps,
      previous,
      ...(this.#verdict ? { verdict: this.#verdict } : {}),
      terminal,
    });
    if (!this.#hasRun && status.phase === 'Running') {
      this.#hasRun = true;
      // The pod may have run before the kubelet was started.
      if (previous?.phase !== 'Running') {
        this.#deps.observer?.podStarted((clock.now() - this.#startTime) / 1000);
        const createdAt = Date.parse(pod.metadata.creationTimestamp ?? '');
        if (createdAt > 0) this.#deps.observer?.podRuns((clock.now() - createdAt) / 1000);
      }
    }
    statuses.report(pod, status);
    if (granted) this.#onResize?.();
    return status;
  }
}

/** The status last reported for exactly this run of a container. */
function reportedOf(status: PodStatus | undefined, containerId: string): Reported | undefined {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const { ready, started = false } = all.find(({ containerID }) => containerID === containerId) ?? {};
  return ready === undefined ? undefined : { ready, started };
}
