import type { ObjectMeta, OwnerReference } from './meta/v1.gen.ts';
import { apiVersionOf } from './resource.ts';

interface WithMeta {
  readonly metadata: Pick<ObjectMeta, 'ownerReferences' | 'uid' | 'name'>;
}

/** The reference to the object's managing controller, if it has one. */
export function controllerOf(object: { metadata: Pick<ObjectMeta, 'ownerReferences'> }): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

export function isControlledBy(
  object: { metadata: Pick<ObjectMeta, 'ownerReferences'> },
  owner: { metadata: Pick<ObjectMeta, 'uid'> },
): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/**
 * The owner reference for objects that `owner`'s controller creates: they are deleted with the owner, and block its
 * foreground deletion.
 */
export function controllerReference(
  owner: WithMeta,
  type: { readonly group: string; readonly version: string; readonly kind: string },
): OwnerReference {
  return { ...ownerReference(owner, type), controller: true, blockOwnerDeletion: true };
}

export function ownerReference(
  owner: WithMeta,
  type: { readonly group: string; readonly version: string; readonly kind: string },
): OwnerReference {
  return { apiVersion: apiVersionOf(type), kind: type.kind, name: owner.metadata.name, uid: owner.metadata.uid };
}
