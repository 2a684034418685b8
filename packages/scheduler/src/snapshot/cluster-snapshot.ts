import type { Node, Pod } from '@typernetes/api/core/v1';
import { NodeInfo } from './node-info.ts';

/**
 * The cluster as the scheduler sees it: nodes with the pods on them, changed in place as events arrive. Pods that were
 * decided but whose binding the API has not confirmed yet are "assumed": they count on their node at once, so that the
 * next decision is right without waiting.
 */
export class ClusterSnapshot {
  readonly #nodes = new Map<string, NodeInfo>();
  /** In a stable order, for round-robin over large clusters. */
  #order: NodeInfo[] = [];
  readonly #placed = new Map<string, { node: string; assumed: boolean }>();
  /** Pods on nodes that have not been seen yet. */
  readonly #homeless = new Map<string, Map<string, Pod>>();

  /** All nodes in a stable order. */
  get nodes(): readonly NodeInfo[] {
    return this.#order;
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name);
  }

  putNode(node: Node): void {
    const known = this.#nodes.get(node.metadata.name);
    if (known) {
      known.update(node);
      return;
    }
    const info = new NodeInfo(node);
    for (const pod of this.#homeless.get(info.name)?.values() ?? []) info.put(pod);
    this.#homeless.delete(info.name);
    this.#nodes.set(info.name, info);
    this.#order.push(info);
  }

  /** The pods that were on it stay known, in case the node comes back before they are deleted. */
  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (!info) return;
    this.#nodes.delete(name);
    this.#order = this.#order.filter((other) => other !== info);
    const pods = [...info.pods()];
    if (pods.length > 0) this.#homeless.set(name, new Map(pods.map((pod) => [pod.metadata.uid, pod])));
  }

  /** A pod that has a node according to the API. Confirms it when it was assumed there. */
  putPod(pod: Pod): void {
    const node = pod.spec.nodeName ?? '';
    const before = this.#placed.get(pod.metadata.uid);
    if (before && before.node !== node) this.removePod(pod.metadata.uid);
    this.#placed.set(pod.metadata.uid, { node, assumed: false });
    this.#place(node, pod);
  }

  /** Counts `pod` on `node` before the API confirms the binding. */
  assume(pod: Pod, node: string): void {
    this.#placed.set(pod.metadata.uid, { node, assumed: true });
    this.#place(node, { ...pod, spec: { ...pod.spec, nodeName: node } });
  }

  /** Takes back an assumption; does nothing when the API has confirmed it meanwhile. */
  forget(uid: string): void {
    if (this.#placed.get(uid)?.assumed) this.removePod(uid);
  }

  isAssumed(uid: string): boolean {
    return this.#placed.get(uid)?.assumed ?? false;
  }

  /** Returns whether the pod was on a node. */
  removePod(uid: string): boolean {
    const placed = this.#placed.get(uid);
    if (!placed) return false;
    this.#placed.delete(uid);
    this.#homeless.get(placed.node)?.delete(uid);
    this.#nodes.get(placed.node)?.remove(uid);
    return true;
  }

  #place(node: string, pod: Pod): void {
    const info = this.#nodes.get(node);
    if (info) {
      info.put(pod);
      return;
    }
    const waiting = this.#homeless.get(node) ?? new Map<string, Pod>();
    this.#homeless.set(node, waiting.set(pod.metadata.uid, pod));
  }
}
