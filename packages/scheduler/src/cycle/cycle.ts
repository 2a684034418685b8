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
  /** Where room was made for the pod, whether the API says so yet or not. */
  nodeOf(uid: string): string | undefined;
}

export const noNominations: Nominations = { on: () => [], nodeOf: () => undefined };

export interface CycleOptions {
  readonly cluster: ClusterView;
  readonly nominations: Nominations;
  /** Of pods that are equal to this one. */
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
 * What the plugins have prepared for one pod, and the question whether the pod fits a node. Lives for one decision; its answers
 * are those of the cluster's present state.
 */
export class Cycle {
  readonly pod: Pod;
  readonly cluster: ClusterView;
  /** What nodes have said of equal pods. */
  readonly answers: NodeAnswers | undefined;
  /** The sole candidates, where plugins named some, and who named them. */
  only: ReadonlySet<string> | undefined;
  readonly narrowedBy = new Set<string>();
  /** Set when a plugin ruled out every node at once. */
  refusal: AttributedRefusal | undefined;
  /** The plugins that were asked to prepare themselves: those behind one that rules out every node are not. */
  readonly #asked = new Set<string>();
  readonly #prepared = new Map<SchedulerPlugin, unknown>();
  readonly #filters: Active[] = [];
  readonly #nominations: Nominations;
  /** Of the filters, those that ask about nothing but the node, and the others. */
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
   * Whether the pod fits the node, also once the pods nominated there have come: with them, for they will take room, and without
   * them, for they may not come and others may need them there.
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
    // Whose refusal counts is whose comes first.
    return this.#ofMore.length === 0 ? known : this.#ask(node);
  }

  readonly #askOfNode = (node: NodeInfo): Verdict | AttributedRefusal => this.#ask(node, this.#ofNode);

  /**
   * What trials on the node have come to for equal pods; undefined where more than the node and its pods has a say, or where pods are
   * nominated. Filters that had nothing to say have none either when some of the node's pods are gone.
   */
  trialsOn(node: NodeInfo): TrialAnswers | undefined {
    if (!this.answers || this.#ofMore.length > 0) return undefined;
    return this.#guests(node).length === 0 ? this.answers.trials : undefined;
  }

  /** Begins to try out changes of one node. */
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

  /** Those whose answers depend on other pods. A filter that had nothing to say may have something once we suppose. */
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
