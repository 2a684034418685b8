import type { JsonObject } from '@typernetes/machinery';
import { builtInResources } from '../resources/well-known.ts';

/** Where a resource comes from, or what has changed it, as annotations of `buildMetadata` say it. */
export interface Origin {
  /** Relative to the folder that is built. */
  readonly path?: string;
  readonly repo?: string;
  readonly ref?: string;
  /** The file that says what made or changed it. */
  readonly configuredIn?: string;
  readonly configuredBy?: {
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly name?: string;
    readonly namespace?: string;
  };
}

/** An object as manifests write it. */
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

/** What a resource was called before something renamed it. */
export interface Id {
  readonly name: string;
  readonly namespace: string;
  readonly kind: string;
}

/** One object on its way through a kustomization. Its object is its own: what transforms it changes it in place. */
export interface Resource {
  object: Manifest;
  /** What it has been called, the oldest first; not what it is called now. */
  readonly formerly: Id[];
  /** Prefixes and suffixes that it was given, the innermost first: references between equal names go by them. */
  readonly prefixes: string[];
  readonly suffixes: string[];
  /** Whether its name ends in a hash of its content. */
  hashed: boolean;
  /** Vars that have their value from it. */
  readonly vars: string[];
  /** Where it comes from, and what has changed it; undefined where nobody wants to know. */
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

/** What it was called before anything renamed it. */
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

/** What says no namespace is in the default one. */
export const sameNamespace = (a: string, b: string): boolean => (a || 'default') === (b || 'default');

/** Kinds that live in no namespace; of what is not built in nobody knows, and it is given one. */
export function isClusterWide({ object }: Resource): boolean {
  const type = builtInResources.find(({ kind, group }) => kind === object.kind && group === groupOf(object));
  return type !== undefined && !type.namespaced;
}

/** Whether it is called so, or once was; no namespace stands for any. */
export function isCalled(resource: Resource, { name, namespace }: { name: string; namespace?: string }): boolean {
  const same = (id: Id): boolean => id.name === name && (!namespace || sameNamespace(id.namespace, namespace));
  return same(idOf(resource)) || resource.formerly.some(same);
}

/** Gives it another name or namespace, and keeps the old ones in mind. */
export function renamed(resource: Resource, { name, namespace }: Partial<Id>): void {
  keepId(resource);
  const { metadata } = resource.object;
  if (name !== undefined) metadata.name = name;
  if (namespace !== undefined) metadata.namespace = namespace;
}

/** Keeps in mind what it is called, before that is changed. */
export function keepId(resource: Resource): void {
  resource.formerly.push(idOf(resource));
}
