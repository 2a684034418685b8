import type { Pod } from '@typernetes/api/core/v1';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import { type Profile, pluginsOf } from '../framework/profile.ts';
import { NodeAnswers } from './node-answers.ts';

/** The number of cached pod templates: of those that come in crowds there are few at a time. */
const mostKinds = 16;

/**
 * Recognizes pods that are equal in everything that the profile's plugins look at when they judge a node by itself
 * (upstream: opportunistic batching): the nodes' answers for one of them hold for the others. Decisions are the same as
 * without it.
 */
export class EqualPods {
  readonly #signing: readonly SchedulerPlugin[];
  /**
   * By signature, least recently used first. Nothing is cached for the first pod with a signature: it may be the only
   * one.
   */
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
