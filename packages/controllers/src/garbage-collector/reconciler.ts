import type { ApiClient, Reconciler, Result } from '@typernetes/client';
import type { ApiObject, OwnerReference, ResourceType } from '@typernetes/machinery';
import type { AbsentOwners } from './absent-owners.ts';
import {
  foreground,
  type GraphNode,
  isDeletingDependents,
  type OwnershipGraph,
  orphaning,
  type SeenNode,
} from './graph.ts';
import { ownerIdentity, refersTo } from './identity.ts';
import {
  blockingDependents,
  type ClassifiedOwner,
  nextStep,
  type OwnerState,
  planDependent,
  waitsForItself,
} from './plan.ts';
import { CollectorWrites, readLive } from './writes.ts';

/** The resource of an owner reference's kind. Undefined: the kind is not served (yet). */
export type ResolveType = (apiVersion: string, kind: string) => ResourceType<ApiObject> | undefined;

interface CollectorDeps {
  readonly graph: OwnershipGraph;
  readonly absent: AbsentOwners;
  readonly client: Pick<ApiClient, 'resource'>;
  readonly resolve: ResolveType;
  /** Uids of nodes that refer to a kind that is not served: discovery wakes and clears them. */
  readonly unserved: Set<string>;
  /** Queues nodes that a finding concerns. */
  readonly wake: (uid: string) => void;
}

/**
 * The delay before an owner is verified again that the server has but the graph lacks: it may be deleted before a watch
 * ever shows it.
 */
const verifyAgainMs = 5_000;

/** Keys are uids. */
export class Collector implements Reconciler {
  readonly name = 'garbage-collector-controller';
  readonly #deps: CollectorDeps;
  readonly #writes: CollectorWrites;

  constructor(deps: CollectorDeps) {
    this.#deps = deps;
    this.#writes = new CollectorWrites(deps.client);
  }

  async reconcile(uid: string): Promise<Result> {
    const node = this.#deps.graph.get(uid);
    if (!node) return {};
    const step = nextStep(node);
    if (step === 'verify') return this.#verify(node);
    if (!isSeen(node)) return {};
    if (step === 'orphan') await this.#orphanDependents(node);
    if (step === 'awaitDependents') await this.#awaitDependents(node);
    if (step === 'judge') await this.#judge(node);
    return {};
  }

  /** Is the owner there, by the names that its dependents have for it? Those that mean an owner that is not are woken. */
  async #verify(owner: GraphNode): Promise<Result> {
    const answers = new Map<string, OwnerState>();
    for (const dependent of [...owner.dependents].filter(isSeen)) {
      const { namespace } = dependent.identity;
      for (const reference of dependent.owners.filter(({ uid }) => uid === owner.uid)) {
        const { apiVersion, kind, name } = reference;
        const question = JSON.stringify([apiVersion, kind, name, namespace]);
        const state = answers.get(question) ?? (await this.#stateOf(reference, { namespace, asking: owner.uid }));
        if (owner.identity) return {}; // seen meanwhile
        answers.set(question, state);
        if (state === 'absent') this.#deps.wake(dependent.uid);
      }
    }
    const isThere = [...answers.values()].some((state) => state === 'solid' || state === 'waiting');
    return isThere ? { requeueAfterMs: verifyAgainMs } : {};
  }

  /** Releases all dependents, then removes the object's finalizer. */
  async #orphanDependents(node: SeenNode): Promise<void> {
    const released = new Set([node.uid]);
    await Promise.all(
      [...node.dependents].filter(isSeen).map((dependent) => this.#writes.dropOwners(dependent, released)),
    );
    await this.#writes.removeFinalizer(node, orphaning);
  }

  /** Removes the object's finalizer once nothing blocks it any more; until then its dependents are processed. */
  async #awaitDependents(node: SeenNode): Promise<void> {
    const blocking = blockingDependents(node);
    if (blocking.length === 0 || waitsForItself(node)) await this.#writes.removeFinalizer(node, foreground);
    for (const dependent of blocking) if (!isDeletingDependents(dependent)) this.#deps.wake(dependent.uid);
  }

  async #judge(node: SeenNode): Promise<void> {
    const { namespace } = node.identity;
    const owners: ClassifiedOwner[] = [];
    for (const reference of node.owners)
      owners.push({ reference, state: await this.#stateOf(reference, { namespace, asking: node.uid }) });
    const plan = planDependent(owners, {
      finalizers: node.finalizers,
      hasDependents: node.dependents.size > 0,
      hasDeletingDependents: [...node.dependents].some(isDeletingDependents),
    });
    if (plan.action === 'dropOwners') await this.#writes.dropOwners(node, new Set(plan.uids));
    if (plan.action === 'delete') {
      if (plan.unblock) await this.#writes.unblock(node);
      await this.#writes.delete(node, plan.propagation);
    }
  }

  /** From the graph if the referenced owner was observed there, else from the server, by name and uid. */
  async #stateOf(
    reference: OwnerReference,
    { namespace, asking }: { readonly namespace: string; readonly asking: string },
  ): Promise<OwnerState> {
    const { graph, resolve, unserved, absent, client } = this.#deps;
    const known = graph.get(reference.uid);
    if (known?.identity && refersTo(reference, namespace, known.identity))
      return isDeletingDependents(known) ? 'waiting' : 'solid';
    const type = resolve(reference.apiVersion, reference.kind);
    if (!type) {
      unserved.add(asking);
      return 'unknown';
    }
    if (type.namespaced && namespace === '') return 'invalid';
    const owner = ownerIdentity(reference, { type, namespace });
    if (absent.has(owner)) return 'absent';
    const live = await readLive(client, owner);
    if (!live) {
      absent.add(owner);
      return 'absent';
    }
    const { deletionTimestamp, finalizers = [] } = live.metadata;
    return isDeletingDependents({ deleting: deletionTimestamp !== undefined, finalizers }) ? 'waiting' : 'solid';
  }
}

const isSeen = (node: GraphNode): node is SeenNode => node.identity !== undefined;
