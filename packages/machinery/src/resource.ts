import type { ObjectMeta } from './meta/v1.gen.ts';

/** What every object of the API has. Objects from a server or an informer are shared: never mutate them. */
export interface ApiObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** An object to be created: the server fills in the missing metadata. */
export type Draft<T> = Omit<T, 'metadata' | 'status'> & { metadata: Partial<ObjectMeta> } & (T extends {
    status?: infer S;
  }
    ? { status?: S }
    : unknown);

/**
 * The names of one resource in one version. The type parameter is the shape of its objects; it exists at compile time only.
 * Constants for the built-in ones are generated: `import { pods } from '@typernetes/api/core/v1'`.
 */
export interface ResourceType<T> {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly '~object'?: T;
}

/** `v1`, `apps/v1`: the apiVersion of objects. */
export function apiVersionOf(type: { readonly group: string; readonly version: string }): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** `pods`, `deployments.apps`: the name of a resource in messages. */
export function groupResourceOf(type: { readonly group: string; readonly plural: string }): string {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`;
}

/** The path of a resource's collection, `/apis/apps/v1/namespaces/default/deployments`; all namespaces without one. */
export function collectionPath(type: ResourceType<unknown>, namespace?: string): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  return type.namespaced && namespace
    ? `${root}/namespaces/${encodeURIComponent(namespace)}/${type.plural}`
    : `${root}/${type.plural}`;
}

/** Identifies an object within its resource: `namespace/name`, or `name` for cluster-scoped objects. */
export type ObjectKey = string;

export function keyOf(object: { metadata: { name: string; namespace?: string } }): ObjectKey {
  const { name, namespace } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}

export function splitKey(key: ObjectKey): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
