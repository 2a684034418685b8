import type { Pod } from '@typernetes/api/core/v1';
import { type AffinityTerm, affinityTermsOf } from './affinity-terms.ts';
import type { NodeInfo } from './node-info.ts';
import { PodCount, type PodMatcher } from './pod-count.ts';

/** The pods on nodes that have the same affinity term. */
interface TermCarriers {
  readonly term: AffinityTerm;
  readonly count: PodCount;
}

type TermKind = 'required' | 'requiredAnti' | 'preferred' | 'preferredAnti';
const kinds: readonly TermKind[] = ['required', 'requiredAnti', 'preferred', 'preferredAnti'];

const maxSelections = 500;

/**
 * Answers what plugins would otherwise look through all pods for: how many pods a selector selects, and which terms the
 * pods on nodes have, by node and by topology. A selector is counted from scratch once, then updated with every pod
 * that comes or goes.
 */
export class PodIndex {
  readonly #nodes: () => Iterable<NodeInfo>;
  readonly #selections = new Map<string, { readonly matcher: PodMatcher; readonly count: PodCount }>();
  readonly #carriers: Readonly<Record<TermKind, Map<string, TermCarriers>>> = {
    required: new Map(),
    requiredAnti: new Map(),
    preferred: new Map(),
    preferredAnti: new Map(),
  };

  constructor(nodes: () => Iterable<NodeInfo>) {
    this.#nodes = nodes;
  }

  /** The count of the pods that `matcher` matches. */
  selected(matcher: PodMatcher): PodCount {
    const known = this.#selections.get(matcher.key);
    if (known) {
      // Young end: the oldest are forgotten first.
      this.#selections.delete(matcher.key);
      this.#selections.set(matcher.key, known);
      return known.count;
    }
    const count = new PodCount();
    for (const node of this.#nodes()) {
      for (const pod of node.pods()) if (matcher.matches(pod)) count.add(node, 1);
    }
    this.#selections.set(matcher.key, { matcher, count });
    for (const oldest of this.#selections.keys()) {
      if (this.#selections.size <= maxSelections) break;
      this.#selections.delete(oldest);
    }
    return count;
  }

  carriers(kind: TermKind): Iterable<TermCarriers> {
    return this.#carriers[kind].values();
  }

  podChanged(pod: Pod, node: NodeInfo, by: 1 | -1): void {
    for (const { matcher, count } of this.#selections.values()) if (matcher.matches(pod)) count.add(node, by);
    const affinity = pod.spec.affinity;
    if (!affinity?.podAffinity && !affinity?.podAntiAffinity) return;
    const terms = affinityTermsOf(pod);
    for (const kind of kinds) {
      for (const term of terms[kind]) this.#count(this.#carriers[kind], term, { node, by });
    }
  }

  /** Matchers that depend on labels of namespaces are keyed by them: nothing to do here when those change. */
  nodeRelabelled(): void {
    for (const { count } of this.#selections.values()) count.relabel();
    for (const kind of kinds) for (const { count } of this.#carriers[kind].values()) count.relabel();
  }

  nodeRemoved(node: NodeInfo): void {
    for (const { count } of this.#selections.values()) count.drop(node);
    for (const kind of kinds) {
      for (const [key, { count }] of this.#carriers[kind]) {
        count.drop(node);
        if (count.isEmpty) this.#carriers[kind].delete(key);
      }
    }
  }

  #count(
    carriers: Map<string, TermCarriers>,
    term: AffinityTerm,
    { node, by }: { readonly node: NodeInfo; readonly by: 1 | -1 },
  ): void {
    let entry = carriers.get(term.key);
    if (!entry) {
      entry = { term, count: new PodCount() };
      carriers.set(term.key, entry);
    }
    entry.count.add(node, by);
    if (entry.count.isEmpty) carriers.delete(term.key);
  }
}
