import type { ApiObject, ObjectMeta, OwnerReference, ResourceType } from '@typernetes/machinery';
import type { AbsentOwners } from './absent-owners.ts';
import { type Identity, isReachable, refersTo, type Uid } from './identity.ts';

/** An object, or a mere uid that others refer to (a virtual node): an owner not seen yet, or gone. */
export interface GraphNode {
  readonly uid: Uid;
  /** Undefined: virtual. */
  identity: Identity | undefined;
  owners: readonly OwnerReference[];
  finalizers: readonly string[];
  resourceVersion: string;
  deleting: boolean;
  readonly dependents: Set<GraphNode>;
}

/** A node that was observed. */
export type SeenNode = GraphNode & { readonly identity: Identity };

export const foreground = 'foregroundDeletion';
export const orphaning = 'orphan';

type Deletion = Pick<GraphNode, 'deleting' | 'finalizers'>;

export const isOrphaning = ({ deleting, finalizers }: Deletion): boolean => deleting && finalizers.includes(orphaning);
/** Deleted in the foreground: waits for its dependents. Orphaning comes first where both are asked for. */
export const isDeletingDependents = (node: Deletion): boolean =>
  node.deleting && node.finalizers.includes(foreground) && !isOrphaning(node);

interface GraphListener {
  /** The node of this uid wants to be looked at. */
  wake(uid: Uid): void;
  /** A reference names an owner that was observed in another namespace. */
  misplaced(dependent: Identity, reference: OwnerReference): void;
}

/**
 * Ownership of all objects, fed by their metadata. Each change costs what the object's own references and dependents cost,
 * and wakes whom it concerns: dependents of what is gone or being deleted in the foreground, owners that wait for their
 * dependents, owners never seen, and objects whose references do not fit their owners.
 */
export class OwnershipGraph {
  readonly #nodes = new Map<Uid, GraphNode>();
  readonly #listener: GraphListener;
  readonly #absent: Pick<AbsentOwners, 'add'>;

  constructor(listener: GraphListener, absent: Pick<AbsentOwners, 'add'>) {
    this.#listener = listener;
    this.#absent = absent;
  }

  get size(): number {
    return this.#nodes.size;
  }

  get(uid: Uid): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  /** The object is there and looks like this. */
  observe(type: ResourceType<ApiObject>, metadata: ObjectMeta): void {
    const node = this.#nodes.get(metadata.uid) ?? this.#add(metadata.uid);
    const before = { virtual: !node.identity, deleting: node.deleting, finalizers: node.finalizers };
    node.identity = { type, namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid };
    node.resourceVersion = metadata.resourceVersion;
    node.finalizers = metadata.finalizers ?? [];
    node.deleting = metadata.deletionTimestamp !== undefined;
    if (before.virtual) {
      for (const dependent of node.dependents)
        for (const reference of dependent.owners)
          if (reference.uid === node.uid) this.#check(dependent, reference, node);
    }
    this.#link(node, metadata.ownerReferences ?? []);
    if (isOrphaning(node) && !isOrphaning(before)) this.#listener.wake(node.uid);
    if (isDeletingDependents(node) && !isDeletingDependents(before)) {
      this.#listener.wake(node.uid);
      for (const { uid } of node.dependents) this.#listener.wake(uid);
    }
  }

  /** The object is gone. Its node stays, as a virtual one, while others refer to it. */
  remove(uid: Uid): void {
    const node = this.#nodes.get(uid);
    if (!node?.identity) return;
    if (node.dependents.size > 0) this.#absent.add(node.identity);
    const { owners } = node;
    Object.assign(node, { identity: undefined, owners: [], finalizers: [], deleting: false });
    for (const reference of owners) this.#unlink(node, reference);
    for (const dependent of node.dependents) this.#listener.wake(dependent.uid);
    this.#dropUnused(node);
  }

  #link(node: GraphNode, owners: readonly OwnerReference[]): void {
    const old = node.owners;
    if (old.length === 0 && owners.length === 0) return;
    const known = new Set(old.map((reference) => JSON.stringify(reference)));
    const kept = new Set(owners.map((reference) => JSON.stringify(reference)));
    node.owners = owners;
    for (const reference of owners) {
      if (known.has(JSON.stringify(reference))) continue;
      const owner = this.#nodes.get(reference.uid) ?? this.#add(reference.uid);
      owner.dependents.add(node);
      this.#check(node, reference, owner);
    }
    for (const reference of old) if (!kept.has(JSON.stringify(reference))) this.#unlink(node, reference);
  }

  /** A reference of the dependent was removed or changed: its owner may have waited for that. */
  #unlink(dependent: GraphNode, { uid }: OwnerReference): void {
    const owner = this.#nodes.get(uid);
    if (!owner) return;
    if (!dependent.owners.some((reference) => reference.uid === uid)) owner.dependents.delete(dependent);
    if (isDeletingDependents(owner)) this.#listener.wake(uid);
    this.#dropUnused(owner);
  }

  /** A reference and its owner meet for the first time. */
  #check(dependent: GraphNode, reference: OwnerReference, owner: GraphNode): void {
    if (!dependent.identity) return;
    const { namespace } = dependent.identity;
    if (!owner.identity || isOrphaning(owner)) this.#listener.wake(owner.uid);
    else if (!refersTo(reference, namespace, owner.identity)) {
      if (!isReachable(namespace, owner.identity)) this.#listener.misplaced(dependent.identity, reference);
      this.#listener.wake(dependent.uid);
    } else if (isDeletingDependents(owner)) this.#listener.wake(dependent.uid);
  }

  #add(uid: Uid): GraphNode {
    const node: GraphNode = {
      uid,
      identity: undefined,
      owners: [],
      finalizers: [],
      resourceVersion: '',
      deleting: false,
      dependents: new Set(),
    };
    this.#nodes.set(uid, node);
    return node;
  }

  #dropUnused(node: GraphNode): void {
    if (!node.identity && node.dependents.size === 0) this.#nodes.delete(node.uid);
  }
}
