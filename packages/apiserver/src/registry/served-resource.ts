import type { ApiObject, ResourceType } from '@typernetes/machinery';
import type { Verb } from '../request/request-info.ts';
import type { CustomShape } from './custom-shape.ts';
import type { CustomVersions } from './custom-versions.ts';
import type { Printer } from './printer.ts';
import type { Strategy } from './strategy.ts';

/**
 * Everything the generic handlers need to know about one resource in one version. The built-in ones are listed in `resources.ts`;
 * a CustomResourceDefinition becomes one more such value at run time.
 */
export interface ServedResource<T extends ApiObject = ApiObject> {
  readonly type: ResourceType<T>;
  readonly verbs: readonly Verb[];
  /** Undefined for resources that are not stored (reviews, bindings, componentstatuses), which have handlers of their own. */
  readonly storage?: StorageRules<T>;
  readonly strategy: Strategy<T>;
  /** By name: `status`, `scale`, `finalize`, ... */
  readonly subresources: Readonly<Record<string, Subresource<T>>>;
  readonly printer: Printer<T>;
  /** The values of the selectable fields; missing ones count as "". */
  selectableFields(object: T): Readonly<Record<string, string>>;
  /** The fields that selectors may name, including `metadata.name` and `metadata.namespace`; others are a 400. */
  readonly selectableFieldNames: readonly string[];
  /** Published in discovery; clients compare it across servers. */
  readonly storageVersionHash?: string;
  /** The allocator that claims addresses and ports for the object, after `prepareFor…` and before validation. */
  readonly allocator?: 'services';
  /** The schema of custom resources; that of built-in kinds is in the facts. */
  readonly shape?: CustomShape;
  /** Sent as a warning with every reply of this version. */
  readonly deprecationWarning?: string;
}

/** Under which keys and in which version the objects of a resource are stored. */
interface StorageRules<T extends ApiObject = ApiObject> {
  /** The key's part between the registry's root and the namespace: `pods`, `services/specs`, `apiextensions.k8s.io/customresourcedefinitions`. */
  readonly prefix: string;
  /** The resource whose version the bytes are in: the served one itself unless two versions share their objects. */
  readonly storedAs?: StoredForm<T>;
  /** Only for custom resources, whose objects may be stored in several versions. */
  readonly versions?: CustomVersions;
}

/** The other version in which the objects of a resource are stored. Both directions return new objects and keep everything. */
export interface StoredForm<T extends ApiObject = ApiObject> {
  readonly type: ResourceType<ApiObject>;
  toStored(served: T): ApiObject;
  fromStored(stored: ApiObject): T;
}

/** The type for validation and error messages: for events of both groups, that of the core group. */
export const checkedType = ({ type, storage }: ServedResource): ResourceType<ApiObject> =>
  storage?.storedAs?.type ?? type;

export type Subresource<T extends ApiObject = ApiObject> =
  | StrategySubresource<T>
  | ScaleSubresource
  | HandledSubresource;

/** The whole object, written with another strategy: status, finalize, approval, ephemeralcontainers, resize. */
export interface StrategySubresource<T extends ApiObject = ApiObject> {
  readonly via: 'strategy';
  readonly verbs: readonly Verb[];
  readonly strategy: Strategy<T>;
}

/** autoscaling/v1 Scale over two paths of the object. */
export interface ScaleSubresource {
  readonly via: 'scale';
  readonly verbs: readonly Verb[];
  /** Dotted: `spec.replicas`. */
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  /** A label selector, a map of labels, or (custom resources) its text; absent means a Scale without selector. */
  readonly labelSelectorPath?: string;
}

/** Served by a handler known under `<plural>/<subresource>`: log, exec, attach, portforward, proxy, binding, eviction, token. */
export interface HandledSubresource {
  readonly via: 'handler';
  readonly verbs: readonly Verb[];
  /** The type that is read and written; its group and version differ from the resource's for eviction and token. */
  readonly type: { readonly group: string; readonly version: string; readonly kind: string };
}

/** What an allocator has claimed for one write. */
export interface Claim {
  /** The write is stored: frees the values that only the old state had. */
  commit(): void | Promise<void>;
  /** The write failed (`cause`) or was a dry run: frees newly claimed values, unless the write may have happened. */
  revert(cause?: unknown): void | Promise<void>;
}

/** Allocates values that must be unique (cluster IPs, node ports). */
export interface Allocator<T extends ApiObject = ApiObject> {
  /** Fills in `next`. Throws a StatusError Invalid when a requested value is taken or out of range. */
  claim(next: T, current: T | undefined, options: { readonly dryRun: boolean }): Claim | Promise<Claim>;
  /** The object is gone: frees its values. */
  release(deleted: T): void | Promise<void>;
}
