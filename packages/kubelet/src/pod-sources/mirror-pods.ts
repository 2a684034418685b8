import type { Node, Pod } from '@typernetes/api/core/v1';
import { type Clock, isAbort, type Logger } from '@typernetes/base';
import type { ResourceClient } from '@typernetes/client';
import { type Draft, ifFound, isAlreadyExists } from '@typernetes/machinery';
import { aborted } from '../lifecycle/aborted.ts';
import { annotations, fullNameOf } from '../pod/identity.ts';

interface MirrorPodsDeps {
  readonly pods: Pick<ResourceClient<Pod>, 'create' | 'delete'>;
  /**
   * This node's object, which owns the mirrors so that they are deleted with it. Undefined until the node is
   * registered.
   */
  readonly node: () => Node | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

const retryMs = { first: 200, most: 10_000 };

/** The mirror of `pod` to create in the API. */
function mirrorOf(pod: Pod, node: Pick<Node, 'metadata'>): Draft<Pod> {
  const { hash } = annotations;
  const owner = { apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.uid, controller: true };
  const { name, namespace, labels } = pod.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      ...(labels ? { labels } : {}),
      annotations: { ...pod.metadata.annotations, [annotations.mirror]: pod.metadata.annotations?.[hash] ?? '' },
      ownerReferences: [owner],
    },
    spec: pod.spec,
  };
}

/**
 * Maintains a mirror in the API for each static pod: created when missing, replaced when it shows another manifest,
 * deleted with its pod. Failed writes are retried: the API server may be shutting down because its own static pod is
 * being replaced.
 */
export class MirrorPods {
  readonly #deps: MirrorPodsDeps;
  readonly #mirrors = new Map<string, Pod>();
  readonly #static = new Map<string, Pod>();
  readonly #queues = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  #started = false;
  readonly name = 'mirror-pods';

  constructor(deps: MirrorPodsDeps) {
    this.#deps = deps;
  }

  async run(signal: AbortSignal): Promise<void> {
    await aborted(signal);
    this.#stop.abort();
    await Promise.all(this.#queues.values());
  }

  /** All mirrors that are known. */
  get all(): readonly Pod[] {
    return [...this.#mirrors.values()];
  }

  /** The mirror of a static pod, as last seen. */
  get(fullName: string): Pod | undefined {
    return this.#mirrors.get(fullName);
  }

  /** All static pods there are. */
  setStatic(pods: readonly Pod[]): void {
    const before = [...this.#static.keys()];
    this.#static.clear();
    for (const pod of pods) this.#static.set(fullNameOf(pod), pod);
    for (const fullName of new Set([...before, ...this.#static.keys()])) this.#sync(fullName);
  }

  seen(mirror: Pod): void {
    this.#mirrors.set(fullNameOf(mirror), mirror);
    this.#sync(fullNameOf(mirror));
  }

  gone(mirror: Pod): void {
    const fullName = fullNameOf(mirror);
    if (this.#mirrors.get(fullName)?.metadata.uid === mirror.metadata.uid) this.#mirrors.delete(fullName);
    this.#sync(fullName);
  }

  /** The existing mirrors are known from now on: creates the missing ones. Called again when the node is registered. */
  start(): void {
    this.#started = true;
    this.resync();
  }

  /** Checks all of them again, as if each had changed; it costs nothing for mirrors that are up to date. */
  resync(): void {
    for (const fullName of new Set([...this.#static.keys(), ...this.#mirrors.keys()])) {
      if (!this.#queues.has(fullName)) this.#sync(fullName);
    }
  }

  #sync(fullName: string): void {
    if (!this.#started || this.#stop.signal.aborted) return;
    const before = this.#queues.get(fullName) ?? Promise.resolve();
    const next = before
      .then(() => this.#syncOrRetry(fullName))
      .finally(() => {
        if (this.#queues.get(fullName) === next) this.#queues.delete(fullName);
      });
    this.#queues.set(fullName, next);
  }

  async #syncOrRetry(fullName: string): Promise<void> {
    const { clock, log } = this.#deps;
    const { signal } = this.#stop;
    for (let waitMs = retryMs.first; !signal.aborted; waitMs = Math.min(waitMs * 2, retryMs.most)) {
      try {
        return await this.#syncOnce(fullName);
      } catch (error) {
        if (isAbort(error, signal)) return;
        log.warn('Cannot sync mirror pod', { pod: fullName, error: String(error) });
        await clock.sleep(waitMs, signal).catch(() => {});
      }
    }
  }

  async #syncOnce(fullName: string): Promise<void> {
    const { pods } = this.#deps;
    const { signal } = this.#stop;
    const pod = this.#static.get(fullName);
    const mirror = this.#mirrors.get(fullName);
    const node = this.#deps.node();
    const wanted = pod?.metadata.annotations?.[annotations.hash];
    if (mirror) {
      const shows = mirror.metadata.annotations?.[annotations.mirror];
      if (pod && shows === wanted && !mirror.metadata.deletionTimestamp) return;
      const { name, namespace = 'default', uid } = mirror.metadata;
      await ifFound(pods.delete({ name, namespace }, { gracePeriodSeconds: 0, preconditions: { uid }, signal }));
      // The deletion comes back as an event, which leads here again.
      return;
    }
    if (!pod || !node) return;
    await pods.create(mirrorOf(pod, node), { signal }).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  }
}
