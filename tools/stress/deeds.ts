import { setTimeout as sleep } from 'node:timers/promises';
import type { Pod } from '@typernetes/api/core/v1';
import { isConflict, isNotFound } from '@typernetes/machinery';
import type { Chance } from '../compare/chance.ts';
import type { Cluster } from './cluster.ts';
import { podOf, type ShapeName, shapes } from './shapes.ts';

/** A pod that was created and not deleted since. */
export interface Living {
  readonly name: string;
  readonly shape: ShapeName;
  readonly node: string;
  readonly uid: string;
}

/** The actions on a cluster, and the state that they must lead to. */
export class Story {
  readonly cluster: Cluster;
  readonly chance: Chance;
  readonly living = new Map<string, Living>();
  readonly log: string[] = [];
  #made = 0;

  constructor(cluster: Cluster, chance: Chance) {
    this.cluster = cluster;
    this.chance = chance;
  }

  note(line: string): void {
    this.log.push(line);
  }

  async create(shape: ShapeName): Promise<void> {
    const node = this.chance.pick(this.cluster.workers);
    // Two of them do not fit on one node: the second is rejected there.
    if (shape === 'port' && [...this.living.values()].some((other) => other.shape === 'port' && other.node === node))
      return;
    const name = `${shape}-${++this.#made}`;
    this.note(`create ${name} on ${node}`);
    const { metadata } = await this.cluster.pods.create(podOf(name, shape, node));
    this.living.set(name, { name, shape, node, uid: metadata.uid });
  }

  async delete(): Promise<void> {
    const pod = this.#any();
    if (!pod) return;
    const gracePeriodSeconds = this.chance.pick([undefined, undefined, 0, 1, 10]);
    this.note(`delete ${pod.name} within ${gracePeriodSeconds ?? 'its own'} s`);
    this.living.delete(pod.name);
    await this.cluster.pods.delete(
      { name: pod.name, namespace: 'default' },
      { ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }) },
    );
    // The next one may want the same port and name at once.
    if (pod.shape === 'port') await this.create('port');
    if (gracePeriodSeconds === 0 && this.chance.of(0.5)) await this.#createAgain(pod);
  }

  async evict(): Promise<void> {
    const pod = this.#any();
    if (!pod) return;
    this.note(`evict ${pod.name}`);
    this.living.delete(pod.name);
    const metadata = { name: pod.name, namespace: 'default' };
    await this.cluster.pods.createSubresource(metadata, 'eviction', {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata,
    });
  }

  async label(): Promise<void> {
    const pod = this.#any();
    if (!pod) return;
    const labels = { turn: String(this.chance.below(1000)) };
    await this.#patch(pod.name, { metadata: { labels, annotations: labels } });
  }

  async resize(): Promise<void> {
    const pod = [...this.living.values()].find(({ shape }) => shape === 'server');
    if (!pod) return;
    this.note(`resize ${pod.name}`);
    const memory = `${32 + this.chance.below(64)}Mi`;
    const resources = { requests: { memory, cpu: `${1 + this.chance.below(20)}m` } };
    try {
      await this.cluster.pods.patch(
        { name: pod.name, namespace: 'default' },
        { spec: { containers: [{ name: 'main', resources }] } },
        { type: 'strategic', subresource: 'resize' },
      );
    } catch (error) {
      // The QoS class of a pod without resources must not change.
      this.note(`  ${String(error).slice(0, 160)}`);
    }
  }

  async changeContents(): Promise<void> {
    const value = String(this.chance.below(1e6));
    await this.cluster.configMaps.patch(
      { name: 'stress', namespace: 'default' },
      { data: { a: value } },
      { type: 'merge' },
    );
    await this.cluster.secrets.patch(
      { name: 'stress', namespace: 'default' },
      { stringData: { a: value } },
      { type: 'merge' },
    );
  }

  async killKubelet(): Promise<void> {
    const node = this.chance.pick(this.cluster.workers);
    this.note(`kill the kubelet of ${node}`);
    await this.cluster.in(
      node,
      `kill -9 $(pgrep -of '^/usr/local/lib/typernetes/node .*/usr/local/bin/kubelet ') || true`,
    );
  }

  async killContainerd(): Promise<void> {
    const node = this.chance.pick(this.cluster.workers);
    this.note(`kill containerd of ${node}`);
    await this.cluster.in(node, 'kill -9 $(pgrep -x containerd) || true');
  }

  async killBoth(): Promise<void> {
    const node = this.chance.pick(this.cluster.workers);
    this.note(`kill containerd and kubelet of ${node}`);
    await this.cluster.in(
      node,
      `kill -9 $(pgrep -x containerd) $(pgrep -of '^/usr/local/lib/typernetes/node .*/usr/local/bin/kubelet ') || true`,
    );
  }

  async wait(): Promise<void> {
    await sleep(this.chance.below(1500));
  }

  #any(): Living | undefined {
    const all = [...this.living.values()];
    return all.length === 0 ? undefined : this.chance.pick(all);
  }

  async #createAgain({ name, shape, node }: Living): Promise<void> {
    this.note(`create ${name} on ${node} again`);
    // A pod that is created again is counted from zero.
    await this.cluster.in(node, `rm -f /var/stress/${name}`);
    const { metadata } = await this.cluster.pods.create(podOf(name, shape, node));
    this.living.set(name, { name, shape, node, uid: metadata.uid });
  }

  async #patch(name: string, patch: Partial<Pod> | object): Promise<void> {
    try {
      await this.cluster.pods.patch({ name, namespace: 'default' }, patch, { type: 'merge' });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}

/** Performs a random action, some more often than others. */
export async function doSomething(story: Story, { faults }: { faults: boolean }): Promise<void> {
  const { chance } = story;
  const roll = chance.below(100);
  if (roll < 50) return story.create(chance.pick(Object.keys(shapes)));
  if (roll < 66) return story.delete();
  if (roll < 70) return story.evict();
  if (roll < 76) return story.label();
  if (roll < 78) return story.resize();
  if (roll < 82) return story.changeContents();
  if (roll < 92 || !faults) return story.wait();
  if (roll < 96) return story.killKubelet();
  if (roll < 98) return story.killContainerd();
  return story.killBoth();
}
