import type { ApiClient, Reconciler, Result } from '@typernetes/client';
import { type ApiObject, isConflict, isNotFound, type OwnerReference } from '@typernetes/machinery';
import { AbsentOwners } from './absent-owners.ts';
import {
  foreground,
  type GraphNode,
  type Identity,
  isDeletingDependents,
  isOrphaning,
  type OwnershipGraph,
  orphaning,
  type ResolveType,
} from './graph.ts';
import { type ClassifiedOwner, type OwnerState, planDependent } from './plan.ts';

export interface CollectorDeps {
  readonly graph: OwnershipGraph;
  readonly client: Pick<ApiClient, 'resource'>;
  readonly resolve: ResolveType;
  /** Tells the queue about nodes that a finding of ours concerns. */
  readonly wake: (uids: readonly string[]) => void;
}

/** Keys are uids. */
export function collector({ graph, client, resolve, wake }: CollectorDeps): Reconciler {
  const absent = new AbsentOwners();

  return {
    name: 'garbage-collector-controller',
    async reconcile(uid): Promise<Result> {
      const node = graph.get(uid);
      if (!node?.identity.type) return {};
      if (isOrphaning(node)) await orphanDependents(node);
      else if (isDeletingDependents(node)) await finishForeground(node);
      if (!isOrphaning(node)) await collect(node);
      return {};
    },
  };

  /** Releases all dependents, then lets the object go. */
  async function orphanDependents(node: GraphNode): Promise<void> {
    const { uid } = node.identity;
    await Promise.all([...node.dependents].map((dependent) => dropOwners(dependent.identity, new Set([uid]))));
    await removeFinalizer(node.identity, orphaning);
  }

  /** Lets the object go once nothing blocks it any more; until then its dependents are looked at. */
  async function finishForeground(node: GraphNode): Promise<void> {
    const { uid } = node.identity;
    const blocking = [...node.dependents].filter(({ owners }) =>
      owners.some((owner) => owner.uid === uid && owner.blockOwnerDeletion),
    );
    if (blocking.length === 0) await removeFinalizer(node.identity, foreground);
    else wake(blocking.filter((dependent) => !isDeletingDependents(dependent)).map(({ identity }) => identity.uid));
  }

  async function collect(node: GraphNode): Promise<void> {
    if (node.deleting && !isDeletingDependents(node)) return;
    const { identity } = node;
    const live = await read(identity);
    if (live?.metadata.uid !== identity.uid) {
      absent.add(identity.uid);
      wake(graph.remove(identity.uid));
      return;
    }
    if (node.virtual && identity.type) wake(graph.observe(identity.type, live.metadata));
    if (isDeletingDependents(node)) return;
    const owners: ClassifiedOwner[] = [];
    for (const reference of live.metadata.ownerReferences ?? [])
      owners.push({ reference, state: await stateOf(reference, identity.namespace) });
    const plan = planDependent(owners, {
      finalizers: live.metadata.finalizers ?? [],
      hasDependents: node.dependents.size > 0,
      hasDeletingDependents: [...node.dependents].some(isDeletingDependents),
    });
    if (plan.action === 'dropOwners') await dropOwners(identity, new Set(plan.uids));
    if (plan.action !== 'delete') return;
    if (plan.unblock) await unblock(live, identity);
    const preconditions = { uid: identity.uid };
    await forgiving(() =>
      resourceOf(identity).delete(refOf(identity), { preconditions, propagationPolicy: plan.propagation }),
    );
  }

  /** What is known of an owner: from the graph when it was seen there, else from the server, by name and uid. */
  async function stateOf(reference: OwnerReference, namespace: string): Promise<OwnerState> {
    if (absent.has(reference.uid)) return 'absent';
    const known = graph.get(reference.uid);
    if (known && !known.virtual) return isDeletingDependents(known) ? 'waiting' : 'solid';
    const type = resolve(reference.apiVersion, reference.kind);
    // Of a kind that is not served nothing can be said: the object stays, and is looked at again when the kind appears.
    if (!type) return 'solid';
    if (type.namespaced && namespace === '') return 'solid'; // a cluster-scoped object cannot have such an owner
    const owner = await read({
      type,
      namespace: type.namespaced ? namespace : '',
      name: reference.name,
      uid: reference.uid,
    });
    if (owner?.metadata.uid === reference.uid) {
      const { deletionTimestamp, finalizers = [] } = owner.metadata;
      return deletionTimestamp !== undefined && finalizers.includes(foreground) ? 'waiting' : 'solid';
    }
    absent.add(reference.uid);
    wake(graph.remove(reference.uid));
    return 'absent';
  }

  function resourceOf({ type, uid }: Identity) {
    if (!type) throw new Error(`Cannot reach object "${uid}": its kind is not served`);
    return client.resource(type);
  }

  async function read(identity: Identity): Promise<ApiObject | undefined> {
    try {
      return await resourceOf(identity).get(refOf(identity));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function dropOwners(identity: Identity, gone: ReadonlySet<string>): Promise<void> {
    await change(identity, (metadata) => {
      const ownerReferences = (metadata.ownerReferences ?? []).filter(({ uid }) => !gone.has(uid));
      return ownerReferences.length === (metadata.ownerReferences ?? []).length ? undefined : { ownerReferences };
    });
  }

  async function removeFinalizer(identity: Identity, finalizer: string): Promise<void> {
    await change(identity, ({ finalizers = [] }) =>
      finalizers.includes(finalizer) ? { finalizers: finalizers.filter((name) => name !== finalizer) } : undefined,
    );
  }

  async function unblock({ metadata }: ApiObject, identity: Identity): Promise<void> {
    const ownerReferences = metadata.ownerReferences?.map((owner) => ({ ...owner, blockOwnerDeletion: false }));
    await change(identity, () => ({ ownerReferences }));
  }

  /** A merge patch of the metadata as they are now, refused by the server if they change meanwhile. */
  async function change(
    identity: Identity,
    edit: (metadata: ApiObject['metadata']) => object | undefined,
  ): Promise<void> {
    const live = await read(identity);
    if (live?.metadata.uid !== identity.uid) return;
    const metadata = edit(live.metadata);
    if (!metadata) return;
    const { uid, resourceVersion } = live.metadata;
    await forgiving(() =>
      resourceOf(identity).patch(
        refOf(identity),
        { metadata: { ...metadata, uid, resourceVersion } },
        { type: 'merge' },
      ),
    );
  }
}

/** What is gone already, or was replaced by another object of its name, needs nothing more. */
async function forgiving(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (isNotFound(error)) return;
    if (isConflict(error) && /uid/i.test(String(error))) return;
    throw error;
  }
}

const refOf = ({ namespace, name }: Identity) => ({ name, ...(namespace ? { namespace } : {}) });
