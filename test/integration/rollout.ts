import assert from 'node:assert/strict';
import { isPodActive, isPodReady } from '@typernetes/api';
import {
  type Deployment,
  type DeploymentSpec,
  deployments,
  type ReplicaSet,
  replicasets,
} from '@typernetes/api/apps/v1';
import { type Pod, pods } from '@typernetes/api/core/v1';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiClient, sharedInformers } from '@typernetes/client';
import { controllerOf } from '@typernetes/machinery';
import { eventually } from './api.ts';
import { beside } from './control-plane.ts';

export const namespace = 'default';

export function template(image: string, labels: Record<string, string> = { app: 'web' }) {
  return { metadata: { labels }, spec: { containers: [{ name: 'web', image }], terminationGracePeriodSeconds: 1 } };
}

export function webSpec(replicas: number, rest: Partial<DeploymentSpec> = {}): DeploymentSpec {
  return { replicas, selector: { matchLabels: { app: 'web' } }, template: template('web:1'), ...rest };
}

/** The Deployment `web` of a test, and its objects. */
export class Rollout {
  readonly #client: ApiClient;
  readonly #ref = { namespace, name: 'web' };

  constructor(client: ApiClient) {
    this.#client = client;
  }

  create(spec: DeploymentSpec): Promise<Deployment> {
    return this.#deployments.create({ metadata: this.#ref, spec });
  }

  get(): Promise<Deployment> {
    return this.#deployments.get(this.#ref);
  }

  change(spec: Partial<Record<keyof DeploymentSpec, unknown>>): Promise<Deployment> {
    return this.#deployments.patch(this.#ref, { spec }, { type: 'merge' });
  }

  setImage(image: string): Promise<Deployment> {
    const patch = { spec: { template: { spec: { containers: [{ name: 'web', image }] } } } };
    return this.#deployments.patch(this.#ref, patch, { type: 'strategic' });
  }

  delete(propagationPolicy: 'Background' | 'Orphan'): Promise<unknown> {
    return this.#deployments.delete(this.#ref, { propagationPolicy });
  }

  /** Waits until complete, by the criteria of `kubectl rollout status`. */
  untilComplete(): Promise<Deployment> {
    return this.until(({ metadata, spec, status = {} }) => {
      const { observedGeneration = 0, updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status;
      const wanted = spec.replicas ?? 1;
      const current = observedGeneration >= (metadata.generation ?? 0);
      return current && updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted;
    });
  }

  until(holds: (deployment: Deployment) => boolean): Promise<Deployment> {
    return eventually(async () => {
      const deployment = await this.get();
      return holds(deployment) ? deployment : undefined;
    });
  }

  async replicaSets(): Promise<ReplicaSet[]> {
    return (await this.#client.resource<ReplicaSet>(replicasets).list({ namespace })).items;
  }

  async replicaSetOf(image: string): Promise<ReplicaSet | undefined> {
    return (await this.replicaSets()).find((rs) => imageOf(rs) === image);
  }

  async pods(): Promise<Pod[]> {
    return (await this.#client.resource<Pod>(pods).list({ namespace })).items;
  }

  /**
   * Runs `use` while checking every state against the limits of a rolling update: the ReplicaSets never request more
   * than `most` pods, and never have fewer than `fewest` ready. There may be more pods for a moment, as upstream's,
   * unless `active` limits them, too: one ReplicaSet may create its pods before another has deleted its own. Fails with
   * the first state that violates the limits.
   */
  async within(
    { most, fewest, active: mostActive }: { most: number; fewest: number; active?: number },
    use: () => Promise<void>,
  ): Promise<void> {
    const informers = sharedInformers({ client: this.#client, log: silentLogger });
    const podInformer = informers.for<Pod>(pods, { namespace });
    const setInformer = informers.for<ReplicaSet>(replicasets, { namespace });
    const broken: string[] = [];
    let states = 0;
    const countReady = (): void => {
      if (!podInformer.synced) return;
      const active = podInformer.lister.list().filter((pod) => controllerOf(pod) && isPodActive(pod));
      const ready = active.filter(isPodReady).length;
      states++;
      if (ready < fewest || active.length > (mostActive ?? active.length))
        broken.push(`${active.length} active, ${ready} ready`);
    };
    const countWanted = (): void => {
      if (!setInformer.synced) return;
      const wanted = setInformer.lister.list().reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0);
      if (wanted > most) broken.push(`${wanted} wanted`);
    };
    podInformer.onEvent({ added: countReady, updated: countReady, deleted: countReady });
    setInformer.onEvent({ added: countWanted, updated: countWanted, deleted: countWanted });
    await beside([informers], async () => {
      const { signal } = new AbortController();
      await Promise.all([podInformer.untilSynced(signal), setInformer.untilSynced(signal)]);
      await use();
    });
    assert.deepEqual(broken, []);
    assert.ok(states > 0, 'no state was seen');
  }

  get #deployments() {
    return this.#client.resource<Deployment>(deployments);
  }
}

export function imageOf({ spec }: Pick<ReplicaSet, 'spec'> | Pod): string | undefined {
  return 'containers' in spec ? spec.containers[0]?.image : spec.template?.spec?.containers[0]?.image;
}
