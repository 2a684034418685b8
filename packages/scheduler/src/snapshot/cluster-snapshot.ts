import type { Node, Pod } from '@typernetes/api/core/v1';
import { jsonEqual, type Labels } from '@typernetes/machinery';
import { podDemand } from './demand.ts';
import { NodeInfo } from './node-info.ts';
import { NodeOrder } from './node-order.ts';
import { PodIndex } from './pod-index.ts';

/** What plugins see of the cluster as a whole. */
export interface ClusterView {
  /** All nodes in a stable order that takes turns among the zones. */
  readonly nodes: readonly NodeInfo[];
  node(name: string): NodeInfo | undefined;
  readonly pods: PodIndex;
  /** Labels of a namespace; undefined when it is not known. */
  namespaceLabels(name: string): Labels | undefined;
  /** All namespaces with their labels. */
  namespaces(): Iterable<readonly [string, Labels]>;
  /** The values that nodes have for a label, each with the number of those nodes. */
  topology(key: string): ReadonlyMap<string, number>;
  /** On how many nodes an image is. */
  nodesWithImage(name: string): number;
}

/**
 * The cluster as the scheduler sees it: nodes with the pods on them, changed in place as events arrive. Pods that were
 * decided but whose binding the API has not confirmed yet are "assumed": they count on their node at once, so that the
 * next decision is right without waiting.
 */
export class ClusterSnapshot implements ClusterView {
  readonly pods = new PodIndex(() => this.#nodes.values());
  readonly #nodes = new Map<string, NodeInfo>();
  /** The slots of removed nodes. */
  readonly #freeSlots: { readonly slot: number; readonly generation: number }[] = [];
  readonly #order = new NodeOrder();
  readonly #placed = new Map<string, { readonly node: string; readonly assumed: boolean; readonly pod: Pod }>();
  /** Pods on nodes that have not been seen yet. */
  readonly #homeless = new Map<string, Map<string, Pod>>();
  readonly #namespaces = new Map<string, Labels>();
  #topologies = new Map<string, ReadonlyMap<string, number>>();
  readonly #images = new Map<string, number>();
  #assumed = 0;

  get nodes(): readonly NodeInfo[] {
    return this.#order.list;
  }

  /** Counts for metrics. */
  get size(): { readonly nodes: number; readonly pods: number; readonly assumedPods: number } {
    return { nodes: this.#nodes.size, pods: this.#placed.size, assumedPods: this.#assumed };
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name);
  }

  namespaceLabels(name: string): Labels | undefined {
    return this.#namespaces.get(name);
  }

  namespaces(): Iterable<readonly [string, Labels]> {
    return this.#namespaces;
  }

  putNamespace(name: string, labels: Labels | undefined): void {
    this.#namespaces.set(name, labels ?? {});
  }

  removeNamespace(name: string): void {
    this.#namespaces.delete(name);
  }

  topology(key: string): ReadonlyMap<string, number> {
    const known = this.#topologies.get(key);
    if (known) return known;
    const values = new Map<string, number>();
    for (const { labels } of this.#nodes.values()) {
      const value = labels[key];
      if (value !== undefined) values.set(value, (values.get(value) ?? 0) + 1);
    }
    this.#topologies.set(key, values);
    return values;
  }

  nodesWithImage(name: string): number {
    return this.#images.get(name) ?? 0;
  }

  putNode(node: Node): void {
    const known = this.#nodes.get(node.metadata.name);
    if (known) {
      const relabelled = !jsonEqual(known.node.metadata.labels, node.metadata.labels);
      this.#countImages(known, -1);
      known.update(node);
      this.#countImages(known, 1);
      if (relabelled) this.#nodesRelabelled();
      return;
    }
    const info = new NodeInfo(node, this.#freeSlots.pop() ?? { slot: this.#nodes.size, generation: 1 });
    this.#nodes.set(info.name, info);
    this.#order.add(info);
    this.#topologies.clear();
    this.#countImages(info, 1);
    for (const pod of this.#homeless.get(info.name)?.values() ?? []) this.#enter(pod, info);
    this.#homeless.delete(info.name);
  }

  /** The node's pods stay known, in case the node comes back before they are deleted. */
  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (!info) return;
    this.#nodes.delete(name);
    this.#freeSlots.push({ slot: info.slot, generation: info.generation + 1 });
    this.#order.remove(info);
    this.#topologies.clear();
    this.pods.nodeRemoved(info);
    this.#countImages(info, -1);
    const pods = [...info.pods()];
    if (pods.length > 0) this.#homeless.set(name, new Map(pods.map((pod) => [pod.metadata.uid, pod])));
  }

  /** A pod that has a node according to the API. Confirms it when it was assumed there. */
  putPod(pod: Pod): void {
    const node = pod.spec.nodeName ?? '';
    const before = this.#placed.get(pod.metadata.uid);
    this.#placed.set(pod.metadata.uid, { node, assumed: false, pod });
    if (before?.assumed) this.#assumed--;
    const info = this.#nodes.get(node);
    if (before?.node === node && info && takesTheSame(pod, before.pod)) {
      info.replace(pod);
      return;
    }
    if (before) this.#leave(before.pod, before.node);
    this.#place(node, pod);
  }

  /** Counts `pod` on `node` before the API confirms the binding. */
  assume(pod: Pod, node: string): void {
    this.#placed.set(pod.metadata.uid, { node, assumed: true, pod });
    this.#assumed++;
    this.#place(node, pod);
  }

  /** Undoes an assumption; does nothing (and returns false) when the API has confirmed it meanwhile. */
  forget(uid: string): boolean {
    return this.#placed.get(uid)?.assumed ? this.removePod(uid) !== undefined : false;
  }

  isAssumed(uid: string): boolean {
    return this.#placed.get(uid)?.assumed ?? false;
  }

  /** Returns the pod as it was on its node, if it was on one. */
  removePod(uid: string): Pod | undefined {
    const placed = this.#placed.get(uid);
    if (!placed) return undefined;
    this.#placed.delete(uid);
    if (placed.assumed) this.#assumed--;
    this.#leave(placed.pod, placed.node);
    return placed.pod;
  }

  #leave(pod: Pod, node: string): void {
    const { uid } = pod.metadata;
    const waiting = this.#homeless.get(node);
    waiting?.delete(uid);
    if (waiting?.size === 0) this.#homeless.delete(node);
    const info = this.#nodes.get(node);
    if (info?.remove(uid)) this.pods.podChanged(pod, info, -1);
  }

  #place(node: string, pod: Pod): void {
    const info = this.#nodes.get(node);
    if (info) {
      this.#enter(pod, info);
      return;
    }
    const waiting = this.#homeless.get(node) ?? new Map<string, Pod>();
    this.#homeless.set(node, waiting.set(pod.metadata.uid, pod));
  }

  #enter(pod: Pod, info: NodeInfo): void {
    info.put(pod);
    this.pods.podChanged(pod, info, 1);
  }

  #countImages({ images }: NodeInfo, by: 1 | -1): void {
    for (const name of images.keys()) {
      const count = (this.#images.get(name) ?? 0) + by;
      if (count > 0) this.#images.set(name, count);
      else this.#images.delete(name);
    }
  }

  #nodesRelabelled(): void {
    this.#topologies = new Map();
    this.pods.nodeRelabelled();
    this.#order.reorder();
  }
}

/** Whether nothing that is counted differs: most updates of a pod on a node only report how it is doing. */
function takesTheSame(pod: Pod, before: Pod): boolean {
  return (
    podDemand(pod) === podDemand(before) &&
    pod.metadata.deletionTimestamp === before.metadata.deletionTimestamp &&
    jsonEqual(pod.metadata.labels, before.metadata.labels)
  );
}
