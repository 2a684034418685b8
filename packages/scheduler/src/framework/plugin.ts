import type { Pod } from '@typernetes/api/core/v1';
import type { ClusterView } from '../snapshot/cluster-snapshot.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';
import type { WakeUp } from './cluster-event.ts';
import type { TrialAnswers } from './trial-answers.ts';
import type { Refusal, Verdict } from './verdict.ts';

/** What a plugin computes once for a pod, before any node is looked at. */
export interface Preparation<Prepared> {
  readonly prepared?: Prepared;
  /** Leaves the plugin's filter out for this pod. */
  readonly skip?: boolean;
  /** The names of the sole nodes that can do. */
  readonly only?: ReadonlySet<string>;
  /** No node at all will do. */
  readonly refusal?: Refusal;
}

/** What a plugin computes once from the nodes that are left, before they are scored. */
export interface ScorePreparation<Scoring> {
  readonly scoring?: Scoring;
  /** Leaves the plugin's score out for this pod. */
  readonly skip?: boolean;
}

/** A pod that is supposed to join (1) or leave (-1) a node, while a preemption or a nomination is tried out. */
export interface Supposition {
  readonly pod: Pod;
  readonly node: NodeInfo;
  readonly by: 1 | -1;
}

/** A pod with the node that was chosen for it. */
export interface Placed {
  readonly pod: Pod;
  readonly node: NodeInfo;
}

/**
 * One concern of scheduling, as optional functions at the framework's points (upstream's name in brackets). Filters and scores
 * are pure: what they need from the pod and the cluster as a whole is computed once in `prepare` and handed to every node's call.
 */
export interface SchedulerPlugin<Prepared = unknown, Scoring = unknown> {
  readonly name: string;
  /** Which changes of the cluster may make a pod schedulable that this plugin refused. */
  readonly wakesOn: readonly WakeUp[];
  /** [PreEnqueue] A reason to keep the pod out of the queue, or undefined. */
  gate?(pod: Pod): string | undefined;
  /** [QueueSort] Whether `a` comes before `b`: negative, or after: positive. */
  compare?(a: QueueOrder, b: QueueOrder): number;
  /**
   * [SignPod] Everything about the pod that the plugin's filter and raw score depend on, as a JSON value; only for
   * plugins that look at nothing but the pod and one node. Equal pods get the same answers from an unchanged node, and
   * whether the plugin is skipped depends on this value alone.
   */
  sign?(pod: Pod): unknown;
  /** [PreFilter] Computed once per pod and cycle. */
  prepare?(pod: Pod, cluster: ClusterView): Preparation<Prepared>;
  /** [PreFilterExtensions] Changes `prepared` as if the pod had joined or left the node; exactly undone by the opposite. */
  suppose?(prepared: Prepared, pod: Pod, change: Supposition): void;
  /** [Filter] */
  filter?(pod: Pod, node: NodeInfo, prepared: Prepared): Verdict;
  /** [PostFilter] No node would do: may make room. */
  postFilter?(cycle: RefusedCycle): PostFilterResult | Promise<PostFilterResult>;
  /** [PreScore] */
  prepareScore?(pod: Pod, nodes: readonly NodeInfo[], cluster: ClusterView): ScorePreparation<Scoring>;
  /** [Score] 0 to 100 after `normalize`; without one, the raw score must lie there already. */
  score?(pod: Pod, node: NodeInfo, scoring: Scoring): number;
  /** [NormalizeScore] In place; `nodes` in the same order. */
  normalize?(scores: number[], nodes: readonly NodeInfo[], scoring: Scoring): void;
  /**
   * [Reserve] Reserves what the pod will need, in memory only. Undone by `unreserve`, which may be called without it.
   */
  reserve?(placed: Placed, prepared: Prepared): Refusal | undefined;
  unreserve?(placed: Placed, prepared: Prepared): void;
  /** [Permit] Settles when the pod may be bound; a refusal sends it back. */
  permit?(placed: Placed, signal: AbortSignal): Refusal | undefined | Promise<Refusal | undefined>;
  /** [PreBindPreFlight] Whether `preBind` has anything to do for this pod; without it, it always has. */
  preBindPreFlight?(placed: Placed, prepared: Prepared): boolean;
  /** [PreBind] Whatever has to be written or waited for before the binding. */
  preBind?(placed: Placed, prepared: Prepared, signal: AbortSignal): Promise<Refusal | undefined> | undefined;
  /** [Bind] Undefined leaves the binding to the next plugin. */
  bind?(placed: Placed, signal: AbortSignal): Promise<void> | undefined;
  /** [PostBind] */
  postBind?(placed: Placed): void;
}

/** A pod that no node would take, and the means to ask "what if". */
export interface RefusedCycle {
  readonly pod: Pod;
  readonly cluster: ClusterView;
  /** The refusal of each node that was asked, by name. Nodes without an entry were ruled out before. */
  readonly refusals: ReadonlyMap<string, Refusal>;
  /** Where room was made for it before; its object may not show that yet. */
  readonly nominatedNode: string | undefined;
  /** What the named plugin has prepared; undefined if it had nothing to do or refused every node at once. */
  prepared(plugin: string): unknown;
  /** Whether the named plugin was asked to prepare: not if an earlier one has refused every node at once. */
  asked(plugin: string): boolean;
  /** Starts trying out changes of one node. `undo` must be called before the next trial. */
  tryOut(node: NodeInfo): NodeTrial;
  /** The results of trials on the node for equal pods; undefined if they do not apply to this pod. */
  trialsOn(node: NodeInfo): TrialAnswers | undefined;
}

/** A node as it would be with other pods on it. */
export interface NodeTrial {
  readonly node: NodeInfo;
  add(pod: Pod): void;
  remove(pod: Pod): void;
  /** Whether the cycle's pod would fit now. */
  fits(): Verdict;
  undo(): void;
}

export interface PostFilterResult {
  /** Appended to the message of the refusal; empty when room is being made. */
  readonly message: string;
  /** The node that room is made on; "" withdraws an earlier nomination, undefined leaves it. */
  readonly nominate?: string;
  /** No other plugin is asked, and messages of earlier ones are dropped. */
  readonly fails?: true;
}

/** The facts by which the queue may be sorted. */
export interface QueueOrder {
  readonly pod: Pod;
  /** When the pod entered the queue, in ms on a clock that is never set. */
  readonly since: number;
}

/** A plugin with the weight of its score. */
export interface WeightedPlugin {
  readonly plugin: SchedulerPlugin;
  readonly weight: number;
}

export const maxNodeScore = 100;

/** Scales scores so that the greatest becomes 100; `reverse` turns them around (fewest is best). */
export function normalizeToMax(scores: number[], reverse: boolean): void {
  let max = 0;
  for (const score of scores) if (score > max) max = score;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number;
    if (max === 0) scores[i] = reverse ? maxNodeScore : score;
    else {
      const scaled = Math.floor((score * maxNodeScore) / max);
      scores[i] = reverse ? maxNodeScore - scaled : scaled;
    }
  }
}
