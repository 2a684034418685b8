import type { ObjectMeta } from './meta/v1.gen.ts';

/** What any object of the API has. Objects read from a server or an informer are shared: never mutate them. */
export interface ApiObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** An object on its way to create: the server fills in what is missing of the metadata. */
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

/** `v1`, `apps/v1`: what stands in an object's apiVersion. */
export function apiVersionOf(type: { readonly group: string; readonly version: string }): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** `pods`, `deployments.apps`: how messages name a resource. */
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

/** What identifies an object within its resource: `namespace/name`, or `name` where there is no namespace. */
export type ObjectKey = string;

export function keyOf(object: { metadata: { name: string; namespace?: string } }): ObjectKey {
  const { name, namespace } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}

export function splitKey(key: ObjectKey): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
