import type { ApiObject, ObjectMeta, OwnerReference, ResourceType } from '@typernetes/machinery';

export type Uid = string;

/** What names an object of any kind. */
export interface Identity {
  /** Undefined for a reference to a kind that is not served (yet). */
  readonly type: ResourceType<ApiObject> | undefined;
  readonly namespace: string;
  readonly name: string;
  readonly uid: Uid;
}

/** An object, or a mere reference to one (virtual) until it is seen or found to be absent. */
export interface GraphNode {
  identity: Identity;
  virtual: boolean;
  owners: readonly OwnerReference[];
  finalizers: readonly string[];
  deleting: boolean;
  readonly dependents: Set<GraphNode>;
}

export const foreground = 'foregroundDeletion';
export const orphaning = 'orphan';

export const isDeletingDependents = (node: GraphNode): boolean => node.deleting && node.finalizers.includes(foreground);
export const isOrphaning = (node: GraphNode): boolean => node.deleting && node.finalizers.includes(orphaning);

/** Which resource an owner reference means. */
export type ResolveType = (apiVersion: string, kind: string) => ResourceType<ApiObject> | undefined;

/**
 * Ownership of all objects. Each change returns the uids of the nodes to look at: dependents of what is gone or being
 * deleted in the foreground, the object itself where its owners changed, owners that wait for their dependents.
 */
export class OwnershipGraph {
  readonly #nodes = new Map<Uid, GraphNode>();
  readonly #resolve: ResolveType;

  constructor(resolve: ResolveType) {
    this.#resolve = resolve;
  }

  get(uid: Uid): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  observe(type: ResourceType<ApiObject>, metadata: ObjectMeta): Uid[] {
    const identity = { type, namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid };
    const node = this.#nodes.get(metadata.uid) ?? this.#add(identity, true);
    const before = node.virtual ? undefined : { ...node };
    node.identity = identity;
    node.virtual = false;
    node.finalizers = metadata.finalizers ?? [];
    node.deleting = metadata.deletionTimestamp !== undefined;
    const added = this.#link(node, metadata.ownerReferences ?? []);
    const wake = new Set<Uid>(added);
    const begins = (is: (of: GraphNode) => boolean): boolean => is(node) && !(before && is(before as GraphNode));
    if (node.owners.length > 0 && (!before || before.owners !== node.owners)) wake.add(node.identity.uid);
    if (begins(isOrphaning)) wake.add(node.identity.uid);
    if (begins(isDeletingDependents)) {
      wake.add(node.identity.uid);
      for (const dependent of node.dependents) wake.add(dependent.identity.uid);
    }
    // An owner in foreground deletion may have waited for just this: a blocking reference that is gone now.
    for (const owner of before?.owners ?? []) {
      const waiting = this.#nodes.get(owner.uid);
      if (waiting && isDeletingDependents(waiting)) wake.add(owner.uid);
    }
    return [...wake];
  }

  /** The object is gone (or, for a virtual node, was never there). */
  remove(uid: Uid): Uid[] {
    const node = this.#nodes.get(uid);
    if (!node) return [];
    const wake = new Set<Uid>();
    for (const { uid: ownerUid } of node.owners) {
      const owner = this.#nodes.get(ownerUid);
      owner?.dependents.delete(node);
      if (owner && isDeletingDependents(owner)) wake.add(ownerUid);
      if (owner) this.#drop(owner);
    }
    node.owners = [];
    node.virtual = true;
    for (const dependent of node.dependents) wake.add(dependent.identity.uid);
    this.#drop(node);
    return [...wake];
  }

  /** Replaces the owners of a node; returns the uids of owners seen for the first time. */
  #link(node: GraphNode, owners: readonly OwnerReference[]): Uid[] {
    if (JSON.stringify(owners) === JSON.stringify(node.owners)) return [];
    const kept = new Set(owners.map(({ uid }) => uid));
    const old = node.owners;
    node.owners = owners;
    for (const { uid } of old) {
      if (kept.has(uid)) continue;
      const owner = this.#nodes.get(uid);
      owner?.dependents.delete(node);
      if (owner) this.#drop(owner);
    }
    return owners.flatMap(({ apiVersion, kind, name, uid }) => {
      const known = this.#nodes.get(uid);
      const type = known?.identity.type ?? this.#resolve(apiVersion, kind);
      const namespace = type?.namespaced ? node.identity.namespace : '';
      (known ?? this.#add({ type, namespace, name, uid }, true)).dependents.add(node);
      return known ? [] : [uid];
    });
  }

  #add(identity: Identity, virtual: boolean): GraphNode {
    const node = { identity, virtual, owners: [], finalizers: [], deleting: false, dependents: new Set<GraphNode>() };
    this.#nodes.set(identity.uid, node);
    return node;
  }

  /** Forgets a virtual node that nobody refers to any more. */
  #drop(node: GraphNode): void {
    if (node.virtual && node.dependents.size === 0) this.#nodes.delete(node.identity.uid);
  }
}
