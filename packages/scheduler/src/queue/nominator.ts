import type { Pod } from '@typernetes/api/core/v1';
import type { Nominations } from '../cycle/cycle.ts';

const none: readonly Pod[] = [];

/** The pods for which room was made, and the nodes. */
export class Nominator implements Nominations {
  readonly #onNode = new Map<string, Map<string, Pod>>();
  readonly #nodeOf = new Map<string, string>();
  #lists = new Map<string, readonly Pod[]>();

  on(node: string): readonly Pod[] {
    if (this.#nodeOf.size === 0) return none;
    let list = this.#lists.get(node);
    if (!list) {
      const pods = this.#onNode.get(node);
      if (!pods) return none;
      list = [...pods.values()];
      this.#lists.set(node, list);
    }
    return list;
  }

  nodeOf(uid: string): string | undefined {
    return this.#nodeOf.get(uid);
  }

  nominate(pod: Pod, node: string): void {
    const { uid } = pod.metadata;
    this.withdraw(uid);
    this.#nodeOf.set(uid, node);
    const pods = this.#onNode.get(node) ?? new Map<string, Pod>();
    this.#onNode.set(node, pods.set(uid, pod));
    this.#lists.delete(node);
  }

  withdraw(uid: string): void {
    const node = this.#nodeOf.get(uid);
    if (node === undefined) return;
    this.#nodeOf.delete(uid);
    const pods = this.#onNode.get(node);
    pods?.delete(uid);
    if (pods?.size === 0) this.#onNode.delete(node);
    this.#lists.delete(node);
  }

  /** The API's word on a waiting pod. */
  seen(pod: Pod): void {
    const node = pod.status?.nominatedNodeName;
    if (node) this.nominate(pod, node);
    else this.withdraw(pod.metadata.uid);
  }
}
