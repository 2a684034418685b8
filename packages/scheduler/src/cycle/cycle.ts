import type { Pod } from '@typernetes/api/core/v1';
import type { NodeTrial, SchedulerPlugin, Supposition } from '../framework/plugin.ts';
import type { Profile } from '../framework/profile.ts';
import type { TrialAnswers } from '../framework/trial-answers.ts';
import { accept, type Refusal, refuse, type Verdict } from '../framework/verdict.ts';
import type { ClusterView } from '../snapshot/cluster-snapshot.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';
import type { NodeAnswers } from './node-answers.ts';

/** Pods that room was made for on a node and that have not been bound there yet. */
export interface Nominations {
  on(node: string): readonly Pod[];
  /** The node on which room was made for the pod, whether the API shows that yet or not. */
  nodeOf(uid: string): string | undefined;
}

export const noNominations: Nominations = { on: () => [], nodeOf: () => undefined };

interface CycleOptions {
  readonly cluster: ClusterView;
  readonly nominations: Nominations;
  /** The cached answers for equal pods. */
  readonly answers?: NodeAnswers | undefined;
}

interface Active {
  readonly plugin: SchedulerPlugin;
  readonly prepared: unknown;
}

/** A refusal with the plugin it came from. */
export interface AttributedRefusal extends Refusal {
  readonly by: string;
}

/**
 * The plugins' preparations for one pod, and the check whether the pod fits a node. Lives for one decision, about the
 * cluster's present state.
 */
export class Cycle {
  readonly pod: Pod;
  readonly cluster: ClusterView;
  /** The nodes' answers for equal pods. */
  readonly answers: NodeAnswers | undefined;
  /** The only candidates, if plugins restricted them, and those plugins. */
  only: ReadonlySet<string> | undefined;
  readonly narrowedBy = new Set<string>();
  /** Set when a plugin ruled out every node at once. */
  refusal: AttributedRefusal | undefined;
  /** The plugins that were asked to prepare: those after one that rules out every node are not. */
  readonly #asked = new Set<string>();
  readonly #prepared = new Map<SchedulerPlugin, unknown>();
  readonly #filters: Active[] = [];
  readonly #nominations: Nominations;
  /** The filters that depend on nothing but the node, and the others. */
  readonly #ofNode: Active[] = [];
  readonly #ofMore: Active[] = [];
  #supposers: Active[] | undefined;

  constructor(pod: Pod, profile: Profile, { cluster, nominations, answers }: CycleOptions) {
    this.pod = pod;
    this.cluster = cluster;
    this.answers = answers;
    this.#nominations = nominations;
    const skipped = new Set<SchedulerPlugin>();
    for (const plugin of profile.at.preFilter) {
      this.#asked.add(plugin.name);
      const result = plugin.prepare?.(pod, cluster) ?? {};
      if (result.refusal) {
        this.refusal = { ...result.refusal, by: plugin.name };
        return;
      }
      this.#prepared.set(plugin, result.prepared);
      if (result.skip) skipped.add(plugin);
      if (!result.only) continue;
      this.only = this.only ? this.only.intersection(result.only) : result.only;
      this.narrowedBy.add(plugin.name);
      if (this.only.size > 0) continue;
      const names = [...this.narrowedBy];
      const by = names.length === 1 ? `plugin ${names[0]}` : `plugin(s) [${names.join(' ')}] simultaneously`;
      this.refusal = { ...refuse(`node(s) didn't satisfy ${by}`), by: plugin.name };
      return;
    }
    for (const plugin of profile.at.filter) {
      if (skipped.has(plugin)) continue;
      const active = { plugin, prepared: this.#prepared.get(plugin) };
      this.#filters.push(active);
      (plugin.sign ? this.#ofNode : this.#ofMore).push(active);
    }
  }

  prepared(plugin: SchedulerPlugin): unknown {
    return this.#prepared.get(plugin);
  }

  /** Whether the plugin of that name was asked to prepare itself. */
  asked(name: string): boolean {
    return this.#asked.has(name);
  }

  preparedBy(name: string): unknown {
    for (const [plugin, prepared] of this.#prepared) if (plugin.name === name) return prepared;
    return undefined;
  }

  /**
   * Whether the pod fits the node, both with the pods nominated there, since they will take room, and without them,
   * since they may not come and others may need them there.
   */
  filter(node: NodeInfo): Verdict | AttributedRefusal {
    const guests = this.#guests(node);
    if (guests.length > 0) {
      const trial = this.tryOut(node);
      try {
        for (const guest of guests) trial.add(guest);
        const verdict = this.#ask(trial.node);
        if (!verdict.ok) return verdict;
      } finally {
        trial.undo();
      }
    }
    if (!this.answers) return this.#ask(node);
    const known = this.answers.verdict(node, this.#askOfNode);
    if (known.ok) return this.#ask(node, this.#ofMore);
    // The first plugin in order determines the reason.
    return this.#ofMore.length === 0 ? known : this.#ask(node);
  }

  readonly #askOfNode = (node: NodeInfo): Verdict | AttributedRefusal => this.#ask(node, this.#ofNode);

  /**
   * The results of trials on the node for equal pods; undefined if they depend on more than the node and its pods, or
   * if pods are nominated. Filters without an opinion stay so when some of the node's pods are removed.
   */
  trialsOn(node: NodeInfo): TrialAnswers | undefined {
    if (!this.answers || this.#ofMore.length > 0) return undefined;
    return this.#guests(node).length === 0 ? this.answers.trials : undefined;
  }

  /** Starts trying out changes of one node. */
  tryOut(node: NodeInfo): NodeTrial {
    const copy = node.clone();
    const changes: Supposition[] = [];
    const suppose = (pod: Pod, by: 1 | -1): void => {
      if (by === 1) copy.put(pod);
      else copy.remove(pod.metadata.uid);
      const change = { pod, node, by };
      this.#suppose(change);
      changes.push(change);
    };
    return {
      node: copy,
      add: (pod) => suppose(pod, 1),
      remove: (pod) => suppose(pod, -1),
      fits: () => {
        const guests = this.#guests(node);
        if (guests.length === 0) return this.#ask(copy);
        for (const guest of guests) suppose(guest, 1);
        const withGuests = this.#ask(copy);
        for (const guest of guests) suppose(guest, -1);
        return withGuests.ok ? this.#ask(copy) : withGuests;
      },
      undo: () => {
        for (const { pod, by } of changes.toReversed()) this.#suppose({ pod, node, by: by === 1 ? -1 : 1 });
        changes.length = 0;
      },
    };
  }

  #guests(node: NodeInfo): readonly Pod[] {
    const nominated = this.#nominations.on(node.name);
    if (nominated.length === 0) return nominated;
    const priority = this.pod.spec.priority ?? 0;
    return nominated.filter(
      (other) =>
        other.metadata.uid !== this.pod.metadata.uid &&
        (other.spec.priority ?? 0) >= priority &&
        !node.has(other.metadata.uid),
    );
  }

  #suppose(change: Supposition): void {
    for (const { plugin, prepared } of this.#supposing()) plugin.suppose?.(prepared, this.pod, change);
  }

  /** The filters whose answers depend on other pods. One without an opinion may get one during a trial. */
  #supposing(): readonly Active[] {
    if (this.#supposers) return this.#supposers;
    const active = new Set(this.#filters.map(({ plugin }) => plugin));
    this.#supposers = [];
    for (const [plugin, prepared] of this.#prepared) {
      if (!plugin.suppose || prepared === undefined) continue;
      this.#supposers.push({ plugin, prepared });
      if (!active.has(plugin) && plugin.filter) this.#filters.push({ plugin, prepared });
    }
    return this.#supposers;
  }

  #ask(node: NodeInfo, filters = this.#filters): Verdict | AttributedRefusal {
    for (const { plugin, prepared } of filters) {
      const verdict = plugin.filter?.(this.pod, node, prepared);
      if (verdict && !verdict.ok) return attributed(verdict, plugin.name);
    }
    return accept;
  }
}

const known = new WeakMap<Refusal, AttributedRefusal>();

/** Most refusals are constants of their plugins: each is attributed once. */
function attributed(refusal: Refusal, by: string): AttributedRefusal {
  let result = known.get(refusal);
  if (!result) {
    result = { ...refusal, by };
    known.set(refusal, result);
  }
  return result;
}
