import { type ApiObject, groupResourceOf, type OwnerReference, type ResourceType } from '@typernetes/machinery';

export type Uid = string;

/** Identifies an object of any kind. The namespace of a cluster-scoped one is "". */
export interface Identity {
  readonly type: ResourceType<ApiObject>;
  readonly namespace: string;
  readonly name: string;
  readonly uid: Uid;
}

/** The object that a reference means, if it exists: an owner is in its dependent's namespace. */
export function ownerIdentity(
  { name, uid }: OwnerReference,
  { type, namespace }: { readonly type: ResourceType<ApiObject>; readonly namespace: string },
): Identity {
  return { type, namespace: type.namespaced ? namespace : '', name, uid };
}

/** Whether a reference from an object in `namespace` names this owner rightly. Any version of the owner's group will do. */
export function refersTo(reference: OwnerReference, namespace: string, owner: Identity): boolean {
  return (
    reference.uid === owner.uid &&
    reference.name === owner.name &&
    reference.kind === owner.type.kind &&
    groupOf(reference.apiVersion) === owner.type.group &&
    isReachable(namespace, owner)
  );
}

/** Owners are cluster-scoped or live in the namespace of their dependents. */
export const isReachable = (namespace: string, owner: Identity): boolean =>
  owner.namespace === '' || owner.namespace === namespace;

export function textOf({ type, namespace, name, uid }: Identity): string {
  return `${groupResourceOf(type)}/${namespace}/${name}/${uid}`;
}

export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
