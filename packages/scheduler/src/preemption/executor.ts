import { type Pod, type PodCondition, pods } from '@typernetes/api/core/v1';
import { timestamp } from '@typernetes/base';
import { findCondition, isNotFound } from '@typernetes/machinery';
import type { Candidate } from '../framework/candidate.ts';
import type { PluginHandle } from '../framework/plugin-handle.ts';
import { priorityOf } from './victims.ts';

/** Makes room in the background: evicts victims, and withdraws nominations of less important pods on the node. */
export class PreemptionExecutor {
  readonly #handle: PluginHandle;
  /** The preemptors whose victims are being deleted. */
  readonly #running = new Map<string, Promise<void>>();
  /** Victims whose deletion the API has accepted, until our copies of them are gone, too. */
  readonly #leaving = new Set<string>();
  readonly #finished: (preemptor: Pod) => void;

  constructor(handle: PluginHandle, finished: (preemptor: Pod) => void) {
    this.#handle = handle;
    this.#finished = finished;
    handle.informers.for<Pod>(pods).onEvent({ deleted: ({ metadata }) => this.#leaving.delete(metadata.uid) });
  }

  /** Whether the pod was evicted here: its object may not show that yet. */
  isLeaving(uid: string): boolean {
    return this.#leaving.has(uid);
  }

  isRunning(uid: string): boolean {
    return this.#running.has(uid);
  }

  start(preemptor: Pod, candidate: Candidate): void {
    const { uid } = preemptor.metadata;
    this.#handle.preempted?.(candidate.victims.pods.length);
    const staying = candidate.victims.pods.filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined && !this.#leaving.has(metadata.uid),
    );
    if (staying.length === 0) return;
    const startedAt = this.#handle.clock.monotonic();
    const running = this.#makeRoom(preemptor, candidate, staying)
      .then(
        () => true,
        (error: unknown) => {
          this.#handle.log.error('Cannot preempt', error, { preemptor: nameOf(preemptor), node: candidate.node });
          return false;
        },
      )
      .then((done) => {
        this.#running.delete(uid);
        const seconds = (this.#handle.clock.monotonic() - startedAt) / 1000;
        this.#handle.madeRoom?.(seconds, done ? 'success' : 'error');
        this.#finished(preemptor);
        // If no room was made, no event will come: the pod has to be retried explicitly.
        if (!done) this.#handle.activate(uid);
      });
    this.#running.set(uid, running);
  }

  async #makeRoom(preemptor: Pod, { node }: Candidate, victims: readonly Pod[]): Promise<void> {
    const lower = this.#handle.nominatedOn(node).filter((pod) => priorityOf(pod) < priorityOf(preemptor));
    await Promise.all([
      ...lower.map((pod) => this.#withdraw(pod)),
      ...victims.map((victim) => this.#evict(victim, preemptor, node)),
    ]);
  }

  async #evict(victim: Pod, preemptor: Pod, node: string): Promise<void> {
    const { client, clock, events, log } = this.#handle;
    const { name, namespace, uid } = victim.metadata;
    if (!this.#handle.reject(uid, 'preempted')) {
      const api = client.resource<Pod>(pods);
      try {
        const before = findCondition(victim.status?.conditions, 'DisruptionTarget');
        const condition: PodCondition = {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'PreemptionByScheduler',
          message: `${preemptor.spec.schedulerName}: preempting to accommodate a higher priority pod`,
          lastTransitionTime: (before?.status === 'True' && before.lastTransitionTime) || timestamp(clock.now()),
          ...(victim.metadata.generation ? { observedGeneration: victim.metadata.generation } : {}),
        };
        const patch = { metadata: { uid }, status: { conditions: [condition] } };
        await api.patch({ name, namespace }, patch, { type: 'strategic', subresource: 'status' });
        this.#leaving.add(uid);
        await api.delete({ name, namespace }, { preconditions: { uid } });
      } catch (error) {
        this.#leaving.delete(uid);
        if (isNotFound(error)) return;
        throw error;
      }
    }
    log.info('Preempted pod', { preemptor: nameOf(preemptor), victim: nameOf(victim), node });
    events.event(
      { apiVersion: 'v1', kind: 'Pod', metadata: victim.metadata },
      'Normal',
      'Preempted',
      `Preempted by pod ${preemptor.metadata.uid} on node ${node}`,
      { action: 'Preempting', related: { apiVersion: 'v1', kind: 'Pod', metadata: preemptor.metadata } },
    );
  }

  /** A less important pod may not fit beside the preemptor: it looks for another place sooner without its nomination. */
  async #withdraw(pod: Pod): Promise<void> {
    const { name, namespace } = pod.metadata;
    this.#handle.withdrawNomination(pod);
    try {
      await this.#handle.client
        .resource<Pod>(pods)
        .patch(
          { name, namespace },
          { status: { nominatedNodeName: null } },
          { type: 'strategic', subresource: 'status' },
        );
    } catch (error) {
      if (!isNotFound(error)) this.#handle.log.error('Cannot withdraw nomination', error, { pod: nameOf(pod) });
    }
  }
}

const nameOf = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`;
