import type { Node, Pod } from '@typernetes/api/core/v1';
import type { Candidate } from '../framework/candidate.ts';

/** An extender's answer about nodes that every plugin accepts. */
interface ExtenderFilterResult {
  /** The names of those that it accepts, too. */
  readonly accepted: readonly string[];
  /** Why not, by node; evicting pods could change it. */
  readonly failed: Readonly<Record<string, string>>;
  /** Why not, whatever is evicted. */
  readonly unresolvable: Readonly<Record<string, string>>;
}

/** An external program that takes part in decisions. Every method throws when the extender cannot be reached. */
export interface Extender {
  readonly name: string;
  /** The scheduler continues without it when it cannot be reached. */
  readonly ignorable: boolean;
  isInterested(pod: Pod): boolean;
  filter?(pod: Pod, nodes: readonly Node[], signal: AbortSignal): Promise<ExtenderFilterResult>;
  /** Points by node, already of the weight that is added to the plugins' scores. */
  prioritize?(pod: Pod, nodes: readonly Node[], signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  bind?(pod: Pod, node: string, signal: AbortSignal): Promise<void>;
  /** The nodes where room may be made, with the victims that the extender wants. */
  preempt?(pod: Pod, candidates: readonly Candidate[], signal: AbortSignal): Promise<readonly Candidate[]>;
}

/** The plugin name under which extenders refuse nodes. */
export const extenderName = 'Extender';
