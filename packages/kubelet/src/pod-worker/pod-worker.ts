import type { Pod, PodStatus } from '@typernetes/api/core/v1';
import type { PodVerdict } from '../eviction/eviction-manager.ts';
import { aborted } from '../lifecycle/aborted.ts';
import { Waker } from '../lifecycle/waker.ts';
import { type Allocation, allocationOf } from '../pod/allocation.ts';
import { containersOf } from '../pod/containers.ts';
import { graceOf } from '../pod/grace.ts';
import type { Reported } from '../probes/prober.ts';
import { emptyRecord, newestByName, type PodRecord, readPodRecord } from '../runtime/pod-record.ts';
import type { RoundKind } from '../server/work-metrics.ts';
import { podStatus } from '../status/pod-status.ts';
import { ResizeEvents } from '../status/resize-events.ts';
import { mountsRecursively } from '../volumes/recursive-read-only.ts';
import { VolumeError } from '../volumes/volume-retries.ts';
import { asksForMore } from './changes.ts';
import type { PodWorkerDeps } from './deps.ts';
import { usableSandbox } from './plan.ts';
import { PodSync } from './pod-sync.ts';
import { PodTeardown } from './pod-teardown.ts';

/** Every pod is looked at this often, even when nothing is known to have happened. */
const usualResyncMs = 60_000;
const retryMs = { first: 1000, most: 10_000 };

/**
 * Owns one life of a pod on this machine, from its first sync to the last trace of it. One thing happens at a time; whatever is learned
 * meanwhile wakes it for another round. A deletion interrupts a sync under way, a pull of an image for instance.
 */
export class PodWorker {
  #pod: Pod;
  readonly #deps: PodWorkerDeps;
  readonly #sync: PodSync;
  readonly #teardown: PodTeardown;
  readonly #resizeEvents: ResizeEvents;
  readonly #startTime: number;
  /** Nothing of the pod was ever in the runtime: its first sync need not ask. */
  #fresh: boolean;
  #removed = false;
  readonly #released = Promise.withResolvers<void>();
  #isReleased = false;
  /** What is being stopped, as it was found. */
  #ending: { readonly pod: Pod; readonly record: PodRecord } | undefined;
  /** The pod has got other resources: less, maybe. */
  readonly #onResize: (() => void) | undefined;
  /** What others have to free first. */
  #room: Promise<unknown> | undefined;
  /** The pod has all that only it may use. */
  #claimed = false;
  #hasRun = false;
  /** The pod as it was when it was looked at last. */
  #looked: Pod | undefined;
  #verdict: PodVerdict | undefined;
  /** How long the pod has at most, in seconds, whatever it or its verdict asks for. */
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

  /** The pod is gone from its source: a pod of the same uid that comes now is another life of it. */
  get leaving(): boolean {
    return this.#removed;
  }

  /** The pod has ended, and its volumes are taken back. */
  get released(): boolean {
    return this.#isReleased;
  }

  /** Resolves when the pod has ended and its volumes are taken back. */
  get whenReleased(): Promise<void> {
    return this.#released.promise;
  }

  /** Why the pod is to end. */
  get verdict(): PodVerdict | undefined {
    return this.#verdict;
  }

  /** A newer version of the pod. */
  update(pod: Pod): void {
    const graceBefore = graceOf(this.#pod);
    const before = this.#pod;
    const wasDeleted = before.metadata.deletionTimestamp !== undefined;
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp && (!wasDeleted || graceOf(pod) < graceBefore)) this.#interrupt.abort();
    if (asksForMore(before, pod)) this.wake();
  }

  /** The pod is gone from its source: take it down, then end. */
  remove(): void {
    if (this.#removed) return;
    this.#removed = true;
    if (!this.#pod.metadata.deletionTimestamp) this.#interrupt.abort();
    this.wake();
  }

  /** Ends the pod as failed, whatever its spec asks for. The first verdict stands, but a later one may leave it less time. */
  fail(verdict: PodVerdict): void {
    const { graceSeconds = Number.POSITIVE_INFINITY } = verdict;
    const hurries = graceSeconds < Math.min(this.#mostSeconds, this.#graceSeconds);
    if (this.#verdict && !hurries) return;
    this.#verdict ??= verdict;
    this.#mostSeconds = Math.min(this.#mostSeconds, graceSeconds);
    this.#interrupt.abort();
    this.wake();
  }

  /** How long the containers have to end by themselves: less as it turns out to be less, never more (upstream: calculateEffectiveGracePeriod). */
  get #graceSeconds(): number {
    const own = graceOf(this.#pod);
    const given = this.#pod.metadata.deletionTimestamp === undefined ? (this.#verdict?.graceSeconds ?? own) : own;
    return Math.min(given, this.#mostSeconds);
  }

  wake(): void {
    this.#waker.wake();
  }

  /** A probe's verdict has changed. While the containers end, nobody waits for them to say that they are not ready any more. */
  probed(): void {
    if (this.#ending) this.#report(this.#ending.pod, this.#ending.record, { terminal: false, stopping: true });
    else this.wake();
  }

  /** Settles when nothing of the pod is left, or when `signal` aborts: then everything stays as it is. */
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
        // Volumes have delays of their own.
        if (error instanceof VolumeError && Number.isFinite(error.retryMs)) againMs = Math.min(error.retryMs, resyncMs);
        this.#deps.log.error('Cannot sync pod', error, { pod: this.#pod.metadata.name, uid: this.#pod.metadata.uid });
      }
      await this.#waker.wait(againMs, signal);
    }
  }

  /** Upstream's names: what is done for a pod that is to run, and for one that is to end. */
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

  /** What the next look at the pod is for. */
  #kind(): RoundKind {
    const before = this.#looked;
    this.#looked = this.#pod;
    if (before === undefined) return 'create';
    return before === this.#pod ? 'sync' : 'update';
  }

  /** One look and the deeds that follow from it. Returns when to look again, in milliseconds, or that nothing is left. */
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
    // Whoever takes the claims back at the API, once the pod is said to have ended, relies on the drivers being done.
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

  /** What the pod has of the resources that it asks for. */
  #allocation(pod: Pod): Allocation {
    const { statuses, shortage } = this.#deps;
    return allocationOf(pod, statuses.last(pod) ?? pod.status, (asking) => shortage?.(asking));
  }

  /** Computes the status, hands it on, and keeps the prober in step with what runs. */
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
      // Of a pod that ran before the kubelet was started nothing is known.
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

/** What was last said about exactly this life of a container. */
function reportedOf(status: PodStatus | undefined, containerId: string): Reported | undefined {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const { ready, started = false } = all.find(({ containerID }) => containerID === containerId) ?? {};
  return ready === undefined ? undefined : { ready, started };
}
