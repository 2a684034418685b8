import { type StatefulSet, statefulsets } from '@typernetes/api/apps/v1';
import type { PersistentVolumeClaim, Pod } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import {
  type EventRecorder,
  eventTarget,
  type Informer,
  type ResourceClient,
  type UnseenWrites,
} from '@typernetes/client';
import { type Draft, ifFound, isAlreadyExists, isNotFound, keyOf } from '@typernetes/machinery';
import { claimsOf, withRetention } from './claims.ts';
import { hasIdentity, withIdentity } from './identity.ts';
import type { Step } from './plan.ts';

interface PodWriterDeps {
  readonly podClient: Pick<ResourceClient<Pod>, 'create' | 'update' | 'delete'>;
  readonly claimClient: Pick<ResourceClient<PersistentVolumeClaim>, 'create' | 'update' | 'get'>;
  readonly claims: Pick<Informer<PersistentVolumeClaim>, 'lister'>;
  readonly events: EventRecorder;
  readonly unseen: UnseenWrites<Pod>;
}

/** Carries out the steps of a plan, with an event for each write of a pod and each new claim. */
export class PodWriter {
  readonly #deps: PodWriterDeps;

  constructor(deps: PodWriterDeps) {
    this.#deps = deps;
  }

  async carryOut(set: StatefulSet, step: Step): Promise<void> {
    switch (step.do) {
      case 'create':
        return this.#create(set, step.pod);
      case 'remove':
        return this.#remove(set, step.pod);
      case 'provision':
        return this.#provision(set, step.pod.metadata.name);
      case 'retain':
        return this.#retain(set, step.pod);
      case 'repair':
        await this.#retain(set, step.pod);
        if (!hasIdentity(set, step.pod)) await this.#restoreIdentity(set, step.pod);
    }
  }

  async #create(set: StatefulSet, draft: Draft<Pod>): Promise<void> {
    const name = draft.metadata.name ?? '';
    await this.#provision(set, name);
    const pod = await this.#recorded(set, 'create', `Pod ${name}`, () => this.#deps.podClient.create(draft));
    this.#deps.unseen.wrote(keyOf(set), pod);
    await this.#retain(set, pod);
  }

  async #remove(set: StatefulSet, pod: Pod): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    const remove = () => this.#deps.podClient.delete({ name, namespace }, { preconditions: { uid } });
    await ifFound(this.#recorded(set, 'delete', `Pod ${name}`, remove));
    this.#deps.unseen.deleted(keyOf(set), pod);
  }

  async #restoreIdentity(set: StatefulSet, pod: Pod): Promise<void> {
    const { name } = pod.metadata;
    await this.#provision(set, name);
    const next = withIdentity(set, pod);
    const written = await this.#recorded(set, 'update', `Pod ${name}`, () => this.#deps.podClient.update(next));
    this.#deps.unseen.wrote(keyOf(set), written);
  }

  /** Creates the claims that the pod of this name lacks. */
  async #provision(set: StatefulSet, pod: string): Promise<void> {
    for (const draft of claimsOf(set, pod)) {
      const { name = '', namespace } = draft.metadata;
      const existing = this.#deps.claims.lister.get(`${namespace}/${name}`);
      if (existing?.metadata.deletionTimestamp) throw new Error(`pvc ${name} is being deleted`);
      if (existing) continue;
      try {
        await this.#recorded(set, 'create', `Claim ${name} Pod ${pod}`, () => this.#deps.claimClient.create(draft));
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }
  }

  /** Sets the owners of the pod's claims by the retention policy. */
  async #retain(set: StatefulSet, pod: Pod): Promise<void> {
    for (const { metadata } of claimsOf(set, pod.metadata.name)) {
      const existing = this.#deps.claims.lister.get(`${metadata.namespace}/${metadata.name}`);
      const next = existing && withRetention(set, pod, existing);
      if (next) await this.#deps.claimClient.update(next);
    }
  }

  /** Makes the write, and records an event of how it went. `what`: `Pod db-0`, `Claim data-db-0 Pod db-0`. */
  async #recorded<T>(set: StatefulSet, verb: string, what: string, write: () => Promise<T>): Promise<T> {
    const target = eventTarget(statefulsets, set);
    const reason = `${verb.charAt(0).toUpperCase()}${verb.slice(1)}`;
    const action = `${verb} ${what} in StatefulSet ${set.metadata.name}`;
    try {
      const written = await write();
      const success = what.startsWith('Claim') ? 'success' : 'successful';
      this.#deps.events.event(target, 'Normal', `Successful${reason}`, `${action} ${success}`);
      return written;
    } catch (error) {
      if (!isNotFound(error) && !isAlreadyExists(error))
        this.#deps.events.event(target, 'Warning', `Failed${reason}`, `${action} failed error: ${messageOf(error)}`);
      throw error;
    }
  }
}
