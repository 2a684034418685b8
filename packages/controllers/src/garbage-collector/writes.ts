import type { ApiClient } from '@typernetes/client';
import { type ApiObject, ifFound, isConflict, type ObjectMeta } from '@typernetes/machinery';
import type { SeenNode } from './graph.ts';
import type { Identity } from './identity.ts';
import type { Propagation } from './plan.ts';

type Owned = Pick<ObjectMeta, 'ownerReferences' | 'finalizers' | 'resourceVersion'>;

/** The current object; undefined when it is gone, or another one has its name. */
export async function readLive(
  client: Pick<ApiClient, 'resource'>,
  { type, uid, ...ref }: Identity,
): Promise<ApiObject | undefined> {
  const live = await ifFound(client.resource(type).get(refOf(ref)));
  return live?.metadata.uid === uid ? live : undefined;
}

/**
 * The collector's writes. Each is first based on what the graph knows, guarded by uid and resource version, so that
 * most need one request; only after a conflict is the object read. An object that is gone needs nothing more.
 */
export class CollectorWrites {
  readonly #client: Pick<ApiClient, 'resource'>;

  constructor(client: Pick<ApiClient, 'resource'>) {
    this.#client = client;
  }

  async delete({ identity, resourceVersion, owners }: SeenNode, propagationPolicy: Propagation): Promise<void> {
    const remove = (preconditions: { uid: string; resourceVersion: string }) =>
      ifFound(this.#client.resource(identity.type).delete(refOf(identity), { preconditions, propagationPolicy }));
    try {
      await remove({ uid: identity.uid, resourceVersion });
    } catch (error) {
      if (!isConflict(error)) throw error;
      const live = await readLive(this.#client, identity);
      if (!live) return;
      // Only other owners could save it; other changes do not matter.
      if (JSON.stringify(live.metadata.ownerReferences ?? []) !== JSON.stringify(owners)) throw error;
      await remove({ uid: identity.uid, resourceVersion: live.metadata.resourceVersion });
    }
  }

  async dropOwners(node: SeenNode, gone: ReadonlySet<string>): Promise<void> {
    await this.#change(node, ({ ownerReferences = [] }) => {
      const left = ownerReferences.filter(({ uid }) => !gone.has(uid));
      return left.length === ownerReferences.length ? undefined : { ownerReferences: orNull(left) };
    });
  }

  async removeFinalizer(node: SeenNode, finalizer: string): Promise<void> {
    await this.#change(node, ({ finalizers = [] }) => {
      const left = finalizers.filter((name) => name !== finalizer);
      return left.length === finalizers.length ? undefined : { finalizers: orNull(left) };
    });
  }

  /** Stops blocking the deletion of an object's owners. */
  async unblock(node: SeenNode): Promise<void> {
    await this.#change(node, ({ ownerReferences = [] }) => {
      if (!ownerReferences.some(({ blockOwnerDeletion }) => blockOwnerDeletion)) return undefined;
      return { ownerReferences: ownerReferences.map((owner) => ({ ...owner, blockOwnerDeletion: false })) };
    });
  }

  /** A merge patch based on the metadata in the graph, or on the live ones if those have changed. */
  async #change(node: SeenNode, edit: (metadata: Owned) => object | undefined): Promise<void> {
    const { identity, finalizers, resourceVersion } = node;
    let metadata: Owned = { ownerReferences: [...node.owners], finalizers: [...finalizers], resourceVersion };
    for (let attempt = 1; ; attempt++) {
      const edited = edit(metadata);
      if (!edited) return;
      const patch = { metadata: { ...edited, uid: identity.uid, resourceVersion: metadata.resourceVersion } };
      try {
        await ifFound(this.#client.resource(identity.type).patch(refOf(identity), patch, { type: 'merge' }));
        return;
      } catch (error) {
        if (!isConflict(error) || attempt === 5) throw error;
      }
      const live = await readLive(this.#client, identity);
      if (!live) return;
      metadata = live.metadata;
    }
  }
}

/** In a merge patch, null empties a list by removing the field. */
const orNull = <T>(list: readonly T[]): readonly T[] | null => (list.length > 0 ? list : null);

const refOf = ({ namespace, name }: { namespace: string; name: string }) => ({
  name,
  ...(namespace ? { namespace } : {}),
});
