import type { NodeInfo } from '../snapshot/node-info.ts';

/** What the outcome of a trial depends on beside the node and the kind of the pod. */
export interface TrialTerms {
  /** The pod's: those of lower priority may go. */
  readonly priority: number;
  /** Objects as the API has them: they are never mutated. */
  readonly budgets: readonly object[];
}

interface Known {
  readonly generation: number;
  readonly replacements: number;
  readonly terms: TrialTerms;
  readonly answer: unknown;
}

/**
 * What trials on nodes have come to for pods of one kind: of 500 nodes on which a crowd of equal pods looks for room one after the other,
 * those on which something has happened meanwhile are tried again, and no others. An answer may hold pods of its node, so it also ends
 * when one of these has a newer object.
 */
export class TrialAnswers {
  readonly #known = new WeakMap<NodeInfo, Known>();

  /** The outcome of `ask`, which is called where it is not known. */
  answer<Outcome>(node: NodeInfo, terms: TrialTerms, ask: () => Outcome): Outcome {
    const { generation, replacements } = node;
    const known = this.#known.get(node);
    if (known?.generation === generation && known.replacements === replacements && sameTerms(known.terms, terms))
      return known.answer as Outcome;
    const answer = ask();
    this.#known.set(node, { generation, replacements, terms, answer });
    return answer;
  }
}

function sameTerms(a: TrialTerms, b: TrialTerms): boolean {
  if (a.priority !== b.priority) return false;
  return (
    a.budgets === b.budgets ||
    (a.budgets.length === b.budgets.length && a.budgets.every((budget, i) => budget === b.budgets[i]))
  );
}
