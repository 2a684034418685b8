import type { JsonObject } from '@typernetes/machinery';
import { builtInResources } from '../resources/well-known.ts';

/** The origin of a resource or of a change, for the annotations of `buildMetadata`. */
export interface Origin {
  /** Relative to the root of the build. */
  readonly path?: string;
  readonly repo?: string;
  readonly ref?: string;
  /** The file that configures the generator or transformer. */
  readonly configuredIn?: string;
  readonly configuredBy?: {
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly name?: string;
    readonly namespace?: string;
  };
}

/** An object as in manifests. */
export interface Manifest extends JsonObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
}

/** A resource's identity before it was renamed. */
export interface Id {
  readonly name: string;
  readonly namespace: string;
  readonly kind: string;
}

/** One object during a build. Transformers change its object in place. */
export interface Resource {
  object: Manifest;
  /** Its previous identities, oldest first, without the current one. */
  readonly formerly: Id[];
  /** Its added prefixes and suffixes, innermost first: they resolve references between equal names. */
  readonly prefixes: string[];
  readonly suffixes: string[];
  /** Whether its name ends in a hash of its content. */
  hashed: boolean;
  /** The vars whose values come from it. */
  readonly vars: string[];
  /** Its origin and transformations; undefined unless annotations are wanted. */
  origin?: Origin | undefined;
  readonly changes: Origin[];
}

export const resourceOf = (object: JsonObject, { hashed = false, origin }: Partial<Resource> = {}): Resource => ({
  object: object as Manifest,
  formerly: [],
  prefixes: [],
  suffixes: [],
  hashed,
  vars: [],
  origin,
  changes: [],
});

export const idOf = ({ object }: Resource): Id => ({
  name: object.metadata.name,
  namespace: object.metadata.namespace ?? '',
  kind: object.kind,
});

/** Its original identity. */
export const originalId = (resource: Resource): Id & { group: string; version: string } => ({
  ...(resource.formerly[0] ?? idOf(resource)),
  group: groupOf(resource.object),
  version: versionOf(resource.object),
});

interface KindName {
  readonly kind?: string;
  readonly version?: string;
  readonly group?: string;
}

/** `Deployment.v1.apps`, as upstream names kinds. */
export const gvkText = ({ kind = '', version = '', group = '' }: KindName): string =>
  `${kind || '[noKind]'}.${version || '[noVer]'}.${group || '[noGrp]'}`;

/** `Deployment.v1.apps/web.default`, as upstream names objects. */
export const idText = (object: Manifest): string =>
  `${gvkText({ kind: object.kind, version: versionOf(object), group: groupOf(object) })}/${object.metadata.name || '[noName]'}.${object.metadata.namespace || '[noNs]'}`;

/** `apps` of `apps/v1`. */
export const groupOf = ({ apiVersion = '' }: { apiVersion?: string }): string =>
  apiVersion.includes('/') ? (apiVersion.split('/')[0] as string) : '';

export const versionOf = ({ apiVersion = '' }: { apiVersion?: string }): string => apiVersion.split('/').at(-1) ?? '';

/** Without a namespace, the default one is meant. */
export const sameNamespace = (a: string, b: string): boolean => (a || 'default') === (b || 'default');

/** Cluster-scoped kinds; unknown kinds count as namespaced. */
export function isClusterWide({ object }: Resource): boolean {
  const type = builtInResources.find(({ kind, group }) => kind === object.kind && group === groupOf(object));
  return type !== undefined && !type.namespaced;
}

/** Whether it has or had this identity; a missing namespace matches any. */
export function isCalled(resource: Resource, { name, namespace }: { name: string; namespace?: string }): boolean {
  const same = (id: Id): boolean => id.name === name && (!namespace || sameNamespace(id.namespace, namespace));
  return same(idOf(resource)) || resource.formerly.some(same);
}

/** Renames it or changes its namespace, and records the previous identity. */
export function renamed(resource: Resource, { name, namespace }: Partial<Id>): void {
  keepId(resource);
  const { metadata } = resource.object;
  if (name !== undefined) metadata.name = name;
  if (namespace !== undefined) metadata.namespace = namespace;
}

/** Records the current identity before a change. */
export function keepId(resource: Resource): void {
  resource.formerly.push(idOf(resource));
}
