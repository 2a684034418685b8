import type { NodeInfo } from '../snapshot/node-info.ts';

/** What the result of a trial depends on besides the node and the pod's signature. */
interface TrialTerms {
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
 * The results of trials on nodes for equal pods: when a crowd of equal pods looks for room on 500 nodes one after the
 * other, only the nodes that changed meanwhile are tried again. A result may refer to pods of its node, so it also
 * becomes invalid when one of these has a newer object.
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
