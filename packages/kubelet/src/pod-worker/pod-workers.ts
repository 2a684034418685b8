import type { Pod } from '@typernetes/api/core/v1';
import { isAbort, messageOf } from '@typernetes/base';
import type { PodSandbox } from '@typernetes/cri';
import { preempted } from '../admission/preemption.ts';
import { waitsForResize } from '../admission/resize-turns.ts';
import type { PodVerdict } from '../eviction/eviction-manager.ts';
import { aborted } from '../lifecycle/aborted.ts';
import { fullNameOf } from '../pod/identity.ts';
import { labels } from '../pod/labels.ts';
import type { PodWorkerDeps } from './deps.ts';
import { PodWorker } from './pod-worker.ts';

const listAgainMs = 1000;

/**
 * One worker for each pod. Two pods of the same name never overlap: the new one waits until nothing is left of the old.
 */
export class PodWorkers {
  readonly #deps: PodWorkerDeps;
  readonly #onPodsChange: () => void;
  readonly #workers = new Map<string, PodWorker>();
  readonly #waiting = new Map<string, Pod>();
  /** Since when those wait that have no worker yet, by the monotonic clock. */
  readonly #seenAt = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();
  /** Pods that the runtime knew of when the kubelet started. */
  readonly #recovered = new Set<string>();
  readonly #recovery = Promise.withResolvers<void>();
  #signal: AbortSignal | undefined;

  constructor(deps: PodWorkerDeps, onPodsChange: () => void = () => {}) {
    this.#deps = deps;
    this.#onPodsChange = onPodsChange;
  }

  readonly name = 'pod-workers';

  /** Runs the workers until `signal` aborts and all have settled. Containers keep running. */
  async run(signal: AbortSignal): Promise<void> {
    const known = await this.#untilListed(signal);
    if (!known) return;
    for (const sandbox of known) {
      const uid = sandbox.labels[labels.podUid];
      if (uid) this.#recovered.add(uid);
    }
    this.#signal = signal;
    this.#recovery.resolve();
    for (const pod of [...this.#waiting.values()]) this.#admit(pod);
    await aborted(signal);
    await Promise.all(this.#running);
  }

  /** The pods in the runtime, which may be starting or stopping at the moment. Undefined when `signal` aborts first. */
  async #untilListed(signal: AbortSignal): Promise<readonly PodSandbox[] | undefined> {
    const { runtime, clock, log } = this.#deps;
    while (!signal.aborted) {
      try {
        return await runtime.listPodSandboxes({}, { signal });
      } catch (error) {
        if (signal.aborted) break;
        log.warn('Cannot list the pods of the container runtime', { error: messageOf(error) });
        await clock.sleep(listAgainMs, signal).catch(() => {});
      }
    }
    return undefined;
  }

  /** Resolves once the pods that the runtime had when the kubelet started are known. */
  get recovered(): Promise<void> {
    return this.#recovery.promise;
  }

  /** The uids of pods that had sandboxes at the start and that no source has claimed. */
  get orphans(): readonly string[] {
    return [...this.#recovered].filter((uid) => !this.#workers.has(uid) && !this.#waiting.has(uid));
  }

  /** Nothing is left of a pod that no source has claimed. */
  forget(uid: string): void {
    if (!this.#workers.has(uid)) this.#recovered.delete(uid);
  }

  /** All pods that have a worker. */
  get pods(): readonly Pod[] {
    return [...this.#workers.values()].map(({ pod }) => pod);
  }

  get(uid: string): Pod | undefined {
    return this.#workers.get(uid)?.pod ?? this.#waiting.get(uid);
  }

  /** Whether the pod still has something that others could use. */
  holds(uid: string): boolean {
    const worker = this.#workers.get(uid);
    return worker !== undefined && !worker.released;
  }

  /** Whether the pod makes room for another. */
  givesWay(uid: string): boolean {
    return this.#workers.get(uid)?.verdict === preempted;
  }

  /** Whether the pod is made to end, whatever it asks for. */
  isLeaving(uid: string): boolean {
    return this.#workers.get(uid)?.verdict !== undefined;
  }

  set(pod: Pod): void {
    const worker = this.#workers.get(pod.metadata.uid);
    if (worker && !worker.leaving) worker.update(pod);
    else this.#admit(pod);
  }

  remove(uid: string): void {
    this.#waiting.delete(uid);
    this.#seenAt.delete(uid);
    this.#workers.get(uid)?.remove();
  }

  /** Ends the pod as failed. */
  fail(uid: string, verdict: PodVerdict): void {
    this.#workers.get(uid)?.fail(verdict);
  }

  wake(uid: string): void {
    this.#workers.get(uid)?.wake();
  }

  /** A probe of the pod has another verdict. */
  probed(uid: string): void {
    this.#workers.get(uid)?.probed();
  }

  wakeAll(): void {
    for (const worker of this.#workers.values()) worker.wake();
  }

  #admit(pod: Pod): void {
    const { uid } = pod.metadata;
    const signal = this.#signal;
    const namesake = [...this.#workers.values()].some((worker) => fullNameOf(worker.pod) === fullNameOf(pod));
    if (!signal || namesake) {
      this.#waiting.set(uid, pod);
      if (!this.#seenAt.has(uid)) this.#seenAt.set(uid, this.#deps.clock.monotonic());
      return;
    }
    this.#waiting.delete(uid);
    const known = this.#recovered.has(uid) || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    const admission = known || pod.metadata.deletionTimestamp ? undefined : this.#deps.admit?.(pod);
    const room = this.#makeRoom(admission?.preempts ?? []);
    const worker = new PodWorker(pod, this.#deps, {
      fresh: !this.#recovered.has(uid),
      ...(room ? { room } : {}),
      onResize: () => this.#wakeWaiting(uid),
    });
    void worker.whenReleased.then(() => this.#wakeWaiting(uid));
    if (admission?.refused) {
      worker.fail(admission.refused);
      this.#deps.observer?.podRejected(admission.refused.reason);
    }
    const { spec } = pod;
    this.#deps.observer?.podSeen((spec?.containers.length ?? 0) + (spec?.initContainers?.length ?? 0));
    const seenAt = this.#seenAt.get(uid);
    this.#seenAt.delete(uid);
    const now = this.#deps.clock.monotonic();
    this.#deps.observer?.workerStarted((now - (seenAt ?? now)) / 1000);
    this.#workers.set(uid, worker);
    this.#onPodsChange();
    const running = this.#runToEnd(worker, uid, signal).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when those pods have ended; undefined where nobody has to. */
  #makeRoom(pods: readonly Pod[]): Promise<unknown> | undefined {
    const workers = pods.flatMap(({ metadata }) => this.#workers.get(metadata.uid) ?? []);
    for (const worker of workers) worker.fail(preempted);
    return workers.length > 0 ? Promise.all(workers.map(({ whenReleased }) => whenReleased)) : undefined;
  }

  /** There may be room now for pods that wait for resources. */
  #wakeWaiting(except: string): void {
    for (const [uid, worker] of this.#workers) {
      if (uid !== except && waitsForResize(this.#deps.statuses.last(worker.pod))) worker.wake();
    }
  }

  async #runToEnd(worker: PodWorker, uid: string, signal: AbortSignal): Promise<void> {
    try {
      await worker.run(signal);
    } catch (error) {
      if (!isAbort(error, signal)) this.#deps.log.error('A pod worker failed', error, { uid });
    }
    if (signal.aborted) return;
    this.#workers.delete(uid);
    this.#recovered.delete(uid);
    this.#onPodsChange();
    for (const pod of [...this.#waiting.values()]) this.#admit(pod);
  }
}
