import { accept, type Refusal, refuse, refuseForNow, type Verdict } from '../framework/verdict.ts';
import type { Demand } from '../snapshot/demand.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';

/** In the order of their bits. */
const lacking = ['Too many pods', 'Insufficient cpu', 'Insufficient memory', 'Insufficient ephemeral-storage'];

function namesOf(lacks: number): string[] {
  return lacking.filter((_, bit) => lacks & (1 << bit));
}

interface ShortageRules {
  /** Whether a resource is compared at all. */
  counts(resource: string): boolean;
  /** Whether another plugin decides about a resource of which the node has this much. */
  isDelegated(resource: string, size: number): boolean;
}

/** Says which resources a node lacks for a demand, and whether eviction could free them. */
export class Shortages {
  readonly #rules: ShortageRules;
  /** There are few different ones, and a pod that fits nowhere gets one from every node: cache the texts. */
  readonly #refusals = new Map<string | number, Refusal>();

  constructor(rules: ShortageRules) {
    this.#rules = rules;
  }

  judge(node: NodeInfo, demand: Demand): Verdict {
    const { allocatable, requested } = node;
    let lacks = 0;
    let resolvable = true;
    if (node.podCount + 1 > node.allowedPods) {
      lacks |= 1;
      if (node.allowedPods === 0) resolvable = false;
    }
    if (demand.cpu > 0 && demand.cpu > allocatable.cpu - requested.cpu) {
      lacks |= 2;
      if (demand.cpu > allocatable.cpu) resolvable = false;
    }
    if (demand.memory > 0 && demand.memory > allocatable.memory - requested.memory) {
      lacks |= 4;
      if (demand.memory > allocatable.memory) resolvable = false;
    }
    const storage = demand.ephemeralStorage;
    if (storage > 0 && storage > allocatable.ephemeralStorage - requested.ephemeralStorage) {
      lacks |= 8;
      if (storage > allocatable.ephemeralStorage) resolvable = false;
    }
    if (demand.others.size > 0) return this.#judgeOthers(node, demand, { names: namesOf(lacks), resolvable });
    if (lacks === 0) return accept;
    const key = resolvable ? lacks : -lacks;
    return this.#refusals.get(key) ?? this.#refusal(namesOf(lacks), key, resolvable);
  }

  /** Adds the resources that only some nodes have, by name. */
  #judgeOthers(
    { allocatable, requested }: NodeInfo,
    demand: Demand,
    found: { names: string[]; resolvable: boolean },
  ): Verdict {
    const { names } = found;
    let { resolvable } = found;
    for (const [name, wanted] of demand.others) {
      const size = allocatable.others.get(name) ?? 0;
      const free = size - (requested.others.get(name) ?? 0);
      if (!this.#rules.counts(name) || wanted <= 0 || wanted <= free) continue;
      if (this.#rules.isDelegated(name, size)) continue;
      names.push(`Insufficient ${name}`);
      if (wanted > size) resolvable = false;
    }
    return names.length === 0 ? accept : this.#refusal(names, `${resolvable} ${names.join()}`, resolvable);
  }

  #refusal(lacks: readonly string[], key: string | number, resolvable: boolean): Refusal {
    let refusal = this.#refusals.get(key);
    if (!refusal) {
      refusal = resolvable ? refuseForNow(...lacks) : refuse(...lacks);
      this.#refusals.set(key, refusal);
    }
    return refusal;
  }
}
