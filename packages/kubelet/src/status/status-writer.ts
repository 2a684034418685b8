import type { Pod, PodStatus } from '@typernetes/api/core/v1';
import { type Clock, isAbort, type Logger } from '@typernetes/base';
import type { ResourceClient } from '@typernetes/client';
import { isConflict, isNotFound, jsonEqual } from '@typernetes/machinery';
import { aborted } from '../lifecycle/aborted.ts';
import type { WorkObserver } from '../metrics/work-metrics.ts';
import { fullNameOf, isStatic } from '../pod/identity.ts';
import { statusPatch } from './status-patch.ts';
import type { StatusSink } from './status-sink.ts';

interface StatusWriterDeps {
  readonly observer?: Pick<WorkObserver, 'statusWritten'>;
  /** Without it statuses are only remembered. */
  readonly pods: Pick<ResourceClient<Pod>, 'get' | 'patch' | 'delete'> | undefined;
  /** The pod as the API server last showed it; of a static pod its mirror, once it is there. */
  readonly shown: (pod: Pod) => Pod | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Entry {
  pod: Pod;
  status: PodStatus;
  /** The status in the API server, as far as known, and the uid of its object. */
  written: { uid: string; status: PodStatus } | undefined;
  finished: boolean;
  writing: boolean;
  /** Something has changed since the write under way looked. */
  isStale: boolean;
  /** Calls off a write that is not due yet. */
  cancel: (() => void) | undefined;
  /** When the last write ended: an observed pod may be older. */
  writtenAt: number;
  /** Since when there is something that is not written, by the monotonic clock. */
  changedAt: number | undefined;
  /** The version of what the API server shows that was last compared with the status. */
  compared: string | undefined;
}

/** A pod that starts is Running in a moment: what it looks like until then is written only if that takes longer than this. */
const startingMs = 400;

const retryMs = { first: 200, most: 10_000 };

/** An observed pod may not show writes that are younger than this yet. */
const settlesMs = 5000;

/** Writes the statuses of pods to the API server: one write at a time for each pod, always with the newest status. */
export class StatusWriter implements StatusSink {
  readonly name = 'status-writer';
  readonly #deps: StatusWriterDeps;
  readonly #entries = new Map<string, Entry>();
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(deps: StatusWriterDeps) {
    this.#deps = deps;
  }

  /** Settles after writes under way have ended. */
  async run(signal: AbortSignal): Promise<void> {
    await aborted(signal);
    this.#stop.abort();
    for (const { cancel } of this.#entries.values()) cancel?.();
    await Promise.all(this.#running);
  }

  /** Settles when everything that was reported is written, or `mostMs` are over. */
  async flush(mostMs: number): Promise<void> {
    const written = async (): Promise<void> => {
      while (this.#running.size > 0) await Promise.all(this.#running);
    };
    await Promise.race([written(), this.#deps.clock.sleep(mostMs, this.#stop.signal).catch(() => {})]);
  }

  report(pod: Pod, status: PodStatus): void {
    const entry = this.#entries.get(pod.metadata.uid);
    if (entry) {
      entry.pod = pod;
      if (jsonEqual(entry.status, status)) return;
      entry.status = status;
      entry.changedAt ??= this.#deps.clock.monotonic();
      this.#write(entry);
      return;
    }
    const added = this.#add(pod, status);
    if (isStarting(status)) added.cancel = this.#deps.clock.after(startingMs, () => this.#write(added));
    else this.#write(added);
  }

  last(pod: Pod): PodStatus | undefined {
    return this.#entries.get(pod.metadata.uid)?.status;
  }

  finish(pod: Pod): void {
    const entry = this.#entries.get(pod.metadata.uid) ?? this.#add(pod, pod.status ?? {});
    entry.finished = true;
    this.#write(entry);
  }

  forget(pod: Pod): void {
    this.#entries.get(pod.metadata.uid)?.cancel?.();
    this.#entries.delete(pod.metadata.uid);
  }

  /**
   * Compares the API server's pods with the reported statuses, and writes the differences, whether their cause was a
   * missed event or another client's write. Makes no read requests.
   */
  resync(): void {
    const now = this.#deps.clock.monotonic();
    for (const entry of this.#entries.values()) {
      if (entry.writing || entry.cancel || now - entry.writtenAt < settlesMs) continue;
      const shown = this.#deps.shown(entry.pod);
      if (!shown || shown.metadata.resourceVersion === entry.compared) continue;
      const { uid, resourceVersion } = shown.metadata;
      if (!isStatic(entry.pod) && uid !== entry.pod.metadata.uid) continue;
      if (statusPatch(uid, shown.status, entry.status)) {
        entry.written = { uid, status: shown.status ?? {} };
        this.#write(entry);
      }
      // A rejected status is not sent again until the server shows a new version of the pod.
      entry.compared = resourceVersion;
    }
  }

  /** A mirror was created or replaced: bring it up to date. */
  mirrorChanged(fullName: string): void {
    for (const entry of this.#entries.values()) if (fullNameOf(entry.pod) === fullName) this.#write(entry);
  }

  /** The API server shows the pod like this. Somebody else may have declared it not ready, while nobody heard of us: we know better. */
  seen(pod: Pod): void {
    const entry = [...this.#entries.values()].find(
      ({ written, pod: own }) => (written?.uid ?? own.metadata.uid) === pod.metadata.uid,
    );
    if (!entry?.written || readiness(entry.written.status) === readiness(pod.status)) return;
    if (!isStatic(entry.pod)) entry.pod = pod;
    entry.written = { uid: pod.metadata.uid, status: pod.status ?? {} };
    this.#write(entry);
  }

  #add(pod: Pod, status: PodStatus): Entry {
    const entry: Entry = {
      pod,
      status,
      written: undefined,
      finished: false,
      writing: false,
      isStale: false,
      cancel: undefined,
      changedAt: this.#deps.clock.monotonic(),
      writtenAt: Number.NEGATIVE_INFINITY,
      compared: undefined,
    };
    this.#entries.set(pod.metadata.uid, entry);
    return entry;
  }

  #write(entry: Entry): void {
    entry.cancel?.();
    entry.cancel = undefined;
    entry.compared = undefined;
    if (this.#stop.signal.aborted) return;
    if (entry.writing) {
      entry.isStale = true;
      return;
    }
    entry.writing = true;
    const running = this.#writeAll(entry).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #writeAll(entry: Entry): Promise<void> {
    const { clock, log } = this.#deps;
    let waitMs = retryMs.first;
    try {
      while (!this.#stop.signal.aborted && this.#entries.get(entry.pod.metadata.uid) === entry) {
        entry.isStale = false;
        try {
          // A new mirror may have been created while the write found the old one gone.
          if (!(await this.#writeOnce(entry)) && !entry.isStale) return;
          waitMs = retryMs.first;
        } catch (error) {
          if (isAbort(error, this.#stop.signal)) return;
          log.warn('Cannot write pod status', { pod: fullNameOf(entry.pod), error: String(error) });
          await clock.sleep(waitMs, this.#stop.signal).catch(() => {});
          waitMs = Math.min(waitMs * 2, retryMs.most);
        }
      }
    } finally {
      // In the same step as the last check: a status reported in between would never be written.
      entry.writing = false;
    }
  }

  /** Whether something was written: there may be more by then. */
  async #writeOnce(entry: Entry): Promise<boolean> {
    const { pods, shown } = this.#deps;
    const target = isStatic(entry.pod) ? shown(entry.pod) : entry.pod;
    if (!pods || !target) return false;
    const { name, namespace = 'default', uid } = target.metadata;
    const from = entry.written?.uid === uid ? entry.written.status : target.status;
    const { status } = entry;
    const patch = statusPatch(uid, from, status);
    try {
      if (patch) {
        const options = { type: 'strategic', subresource: 'status', signal: this.#stop.signal } as const;
        await pods.patch({ name, namespace }, patch, options);
        entry.written = { uid, status };
        entry.writtenAt = this.#deps.clock.monotonic();
        if (entry.changedAt !== undefined)
          this.#deps.observer?.statusWritten((entry.writtenAt - entry.changedAt) / 1000);
        entry.changedAt = entry.status === status ? undefined : entry.writtenAt;
        return true;
      }
      if (!entry.finished || isStatic(entry.pod)) return false;
      await pods.delete(
        { name, namespace },
        { gracePeriodSeconds: 0, preconditions: { uid }, signal: this.#stop.signal },
      );
      this.#entries.delete(entry.pod.metadata.uid);
      return false;
    } catch (error) {
      if (!isNotFound(error) && !(isConflict(error) && (await this.#isReplaced(pods, target)))) throw error;
      if (!isStatic(entry.pod)) this.#entries.delete(entry.pod.metadata.uid);
      return false;
    }
  }

  /**
   * Whether another pod has the name by now: the response to our own deletion may have been lost, and then there is
   * nothing left to write.
   */
  async #isReplaced(pods: Pick<ResourceClient<Pod>, 'get'>, { metadata }: Pod): Promise<boolean> {
    const { name, namespace = 'default', uid } = metadata;
    try {
      return (await pods.get({ name, namespace }, { signal: this.#stop.signal })).metadata.uid !== uid;
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
  }
}

/** Nothing of the pod runs yet, and nothing has failed. */
function isStarting({ phase, initContainerStatuses = [], containerStatuses = [] }: PodStatus): boolean {
  const creating = ['ContainerCreating', 'PodInitializing'];
  const all = [...initContainerStatuses, ...containerStatuses];
  return phase === 'Pending' && all.every(({ state }) => creating.includes(state?.waiting?.reason ?? ''));
}

const readiness = (status: PodStatus | undefined): string | undefined =>
  status?.conditions?.find(({ type }) => type === 'Ready')?.status;
