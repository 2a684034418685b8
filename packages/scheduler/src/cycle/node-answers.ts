import { TrialAnswers } from '../framework/trial-answers.ts';
import type { Verdict } from '../framework/verdict.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';

/** The scores of one node for equal pods, as far as the node alone decides. */
export interface NodeScores {
  /** The weighted sum of the scores that are not normalized. */
  readonly sum: number;
  /** The scores that are still to be normalized, in the order of their plugins. */
  readonly raw: readonly number[];
}

/**
 * The nodes' cached answers for equal pods. An answer is valid until its node changes: of 500 nodes that a pod is
 * compared on, only those are asked again on which an earlier pod was placed.
 */
export class NodeAnswers {
  /** By the nodes' slots: the generation that the answer belongs to, 0 for none. */
  #filtered = new Float64Array(0);
  #scored = new Float64Array(0);
  #verdicts: Verdict[] = [];
  #scores: NodeScores[] = [];
  /** The results of making room on nodes. */
  readonly trials = new TrialAnswers();

  /** Whether the pod fits; `ask` where that is not known. */
  verdict<V extends Verdict>(node: NodeInfo, ask: (node: NodeInfo) => V): V {
    const { slot, generation } = node;
    if (this.#filtered[slot] === generation) return this.#verdicts[slot] as V;
    this.#reach(slot);
    const verdict = ask(node);
    this.#filtered[slot] = generation;
    this.#verdicts[slot] = verdict;
    return verdict;
  }

  scores(node: NodeInfo, ask: (node: NodeInfo) => NodeScores): NodeScores {
    const { slot, generation } = node;
    if (this.#scored[slot] === generation) return this.#scores[slot] as NodeScores;
    this.#reach(slot);
    const scores = ask(node);
    this.#scored[slot] = generation;
    this.#scores[slot] = scores;
    return scores;
  }

  #reach(slot: number): void {
    const { length } = this.#filtered;
    if (slot < length) return;
    const wanted = Math.max(128, 2 ** Math.ceil(Math.log2(slot + 1)));
    this.#filtered = grown(this.#filtered, wanted);
    this.#scored = grown(this.#scored, wanted);
    while (this.#verdicts.length < wanted) {
      this.#verdicts.push(unknownVerdict);
      this.#scores.push(unknownScores);
    }
  }
}

const unknownVerdict: Verdict = { ok: true };
const unknownScores: NodeScores = { sum: 0, raw: [] };

function grown(values: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const more = new Float64Array(length);
  more.set(values);
  return more;
}
