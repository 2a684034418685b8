import type { Pod } from '@typernetes/api/core/v1';
import type { NodeInfo } from './node-info.ts';

/** How many pods are in each value of a node label. */
export type DomainCounts = ReadonlyMap<string, number>;

const none: DomainCounts = new Map();

/** How many matching pods are on each node and, for every requested node label, in each domain. Updated pod by pod. */
export class PodCount {
  readonly #onNode = new Map<NodeInfo, number>();
  readonly #domains = new Map<string, Map<string, number>>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  get isEmpty(): boolean {
    return this.#onNode.size === 0;
  }

  onNode(node: NodeInfo): number {
    return this.#onNode.get(node) ?? 0;
  }

  /** By the values of the label `topologyKey`; nodes without it are not counted. Stays current. */
  inDomains(topologyKey: string): DomainCounts {
    const known = this.#domains.get(topologyKey);
    if (known) return known;
    if (this.#onNode.size === 0) return none;
    const counts = new Map<string, number>();
    for (const [node, count] of this.#onNode) bump(counts, node.labels[topologyKey], count);
    this.#domains.set(topologyKey, counts);
    return counts;
  }

  add(node: NodeInfo, by: 1 | -1): void {
    bump(this.#onNode, node, by);
    this.#total += by;
    for (const [key, counts] of this.#domains) bump(counts, node.labels[key], by);
  }

  /** Labels of nodes have changed: domains are recounted on demand. */
  relabel(): void {
    this.#domains.clear();
  }

  drop(node: NodeInfo): void {
    this.#total -= this.onNode(node);
    this.#onNode.delete(node);
    this.#domains.clear();
  }
}

/** Which pods are counted. */
export interface PodMatcher {
  /** Equal for matchers that match the same pods. */
  readonly key: string;
  matches(pod: Pod): boolean;
}

function bump<K>(counts: Map<K, number>, key: K | undefined, by: number): void {
  if (key === undefined) return;
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
