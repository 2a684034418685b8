import type { Pod } from '@typernetes/api/core/v1';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import { type Profile, pluginsOf } from '../framework/profile.ts';
import { NodeAnswers } from './node-answers.ts';

/** Kinds of pods that are remembered: of those that come in a crowd there are few at a time. */
const mostKinds = 16;

/**
 * Tells pods that are equal in all that the plugins of a profile look at when they judge a node by itself (upstream calls it opportunistic
 * batching): what was found out about the nodes for one of them holds for the others. Answers are the same as without it.
 */
export class EqualPods {
  readonly #signing: readonly SchedulerPlugin[];
  /** By signature, the one that was seen last at the end. Nothing is kept for the first of its kind: it may be the only one. */
  readonly #kinds = new Map<string, NodeAnswers | undefined>();

  constructor(profile: Profile) {
    this.#signing = [...pluginsOf(profile)].filter(({ sign }) => sign);
  }

  /** Undefined for the first of its kind. */
  answersFor(pod: Pod): NodeAnswers | undefined {
    const kinds = this.#kinds;
    const signature = JSON.stringify(this.#signing.map((plugin) => plugin.sign?.(pod) ?? null));
    const isKnown = kinds.has(signature);
    const answers = isKnown ? (kinds.get(signature) ?? new NodeAnswers()) : undefined;
    if (isKnown) kinds.delete(signature);
    kinds.set(signature, answers);
    const [oldest] = kinds.keys();
    if (kinds.size > mostKinds && oldest !== undefined) kinds.delete(oldest);
    return answers;
  }
}
