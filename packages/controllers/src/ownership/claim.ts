import type { Lister, Reader, Writer } from '@typernetes/client';
import {
  type ApiObject,
  controllerReference,
  isInvalid,
  isNotFound,
  type ResourceType,
  type Selector,
} from '@typernetes/machinery';
import { byController, orphans } from './indexes.ts';
import { planClaims } from './plan.ts';

interface ClaimDeps<O extends ApiObject, T extends ApiObject> {
  readonly owners: Pick<Reader<O>, 'get'>;
  readonly ownerType: ResourceType<O>;
  readonly owned: Pick<Lister<T>, 'byIndex'>;
  readonly writer: Pick<Writer<T>, 'patch'>;
  readonly fits?: (object: T) => boolean;
  /** Added and removed with the ownership. */
  readonly finalizer?: string;
}

/** Adopts and releases objects by the plan, and returns the objects that the owner has afterwards. */
export async function claim<O extends ApiObject, T extends ApiObject>(
  owner: O,
  selector: Selector,
  { owners, ownerType, owned, writer, fits, finalizer }: ClaimDeps<O, T>,
): Promise<readonly T[]> {
  const plan = planClaims(owner, selector, {
    owned: owned.byIndex(byController, owner.metadata.uid),
    orphans: owned.byIndex(orphans, owner.metadata.namespace ?? ''),
    fits,
  });
  for (const object of plan.release) await release(object, owner, { writer, finalizer });
  if (plan.adopt.length === 0 || !(await isStillWanted(owner, owners))) return plan.keep;
  const adopted: T[] = [];
  for (const object of plan.adopt) {
    const { name, namespace, uid } = object.metadata;
    const held = finalizer ? { finalizers: [finalizer] } : {};
    const change = { metadata: { uid, ownerReferences: [controllerReference(owner, ownerType)], ...held } };
    adopted.push(await writer.patch({ name, namespace }, change, { type: 'strategic' }));
  }
  return [...plan.keep, ...adopted];
}

/**
 * The cache may lag behind a deletion: nothing is adopted for an owner that the server says is gone or being deleted.
 */
async function isStillWanted<O extends ApiObject>(owner: O, owners: Pick<Reader<O>, 'get'>): Promise<boolean> {
  try {
    const { metadata } = await owners.get(owner.metadata);
    return metadata.uid === owner.metadata.uid && metadata.deletionTimestamp === undefined;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function release<T extends ApiObject>(
  object: T,
  owner: ApiObject,
  { writer, finalizer }: { writer: Pick<Writer<T>, 'patch'>; finalizer: string | undefined },
): Promise<void> {
  const { name, namespace, uid } = object.metadata;
  const free = finalizer ? { '$deleteFromPrimitiveList/finalizers': [finalizer] } : {};
  const change = { metadata: { uid, ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }], ...free } };
  try {
    await writer.patch({ name, namespace }, change, { type: 'strategic' });
  } catch (error) {
    // It is gone, or another one has its name: either way it is no longer ours.
    if (!isNotFound(error) && !isInvalid(error)) throw error;
  }
}
