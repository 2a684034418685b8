import type { Node, Pod } from '@typernetes/api/core/v1';
import type { Candidate } from '../preemption/plan.ts';

/** What an extender says of nodes that every plugin would take. */
export interface ExtenderFilterResult {
  /** The names of those that it takes, too. */
  readonly accepted: readonly string[];
  /** Why not, by node; evicting pods could change it. */
  readonly failed: Readonly<Record<string, string>>;
  /** Why not, whatever is evicted. */
  readonly unresolvable: Readonly<Record<string, string>>;
}

/** A program beside the scheduler that has a say in its decisions. Every method throws when the extender cannot be asked. */
export interface Extender {
  readonly name: string;
  /** The scheduler goes on without it when it cannot be asked. */
  readonly ignorable: boolean;
  isInterested(pod: Pod): boolean;
  filter?(pod: Pod, nodes: readonly Node[], signal: AbortSignal): Promise<ExtenderFilterResult>;
  /** Points by node, already of the weight that is added to the plugins' scores. */
  prioritize?(pod: Pod, nodes: readonly Node[], signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  bind?(pod: Pod, node: string, signal: AbortSignal): Promise<void>;
  /** The nodes where room may be made, with the victims that the extender wants. */
  preempt?(pod: Pod, candidates: readonly Candidate[], signal: AbortSignal): Promise<readonly Candidate[]>;
}

/** The plugin name under which extenders refuse. */
export const extenderName = 'Extender';
