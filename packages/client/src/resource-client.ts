import type { ApiObject, DeleteOptions, Draft, ListMeta, ResourceType, Status } from '@typernetes/machinery';

/** Options of a list or a watch. */
export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
  readonly limit?: number;
  readonly continue?: string;
  /** Request only the metadata of objects (PartialObjectMetadata): less to send, parse and keep. */
  readonly metadataOnly?: boolean;
  /** Drop `metadata.managedFields`, for clients that keep many objects in memory. */
  readonly withoutManagedFields?: boolean;
  readonly signal?: AbortSignal;
}

export interface WatchOptions extends Omit<ListOptions, 'limit' | 'continue'> {
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
}

/** Options of a write. */
export interface WriteOptions {
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
  readonly signal?: AbortSignal;
}

export interface ObjectList<T> {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: T[];
}

/** An event of a watch. BOOKMARK objects only have metadata.resourceVersion (and annotations). An ERROR event is thrown as a StatusError. */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export interface PatchOptions extends WriteOptions {
  readonly type: PatchType;
  /** For apply: take over fields that others own. */
  readonly force?: boolean;
  readonly subresource?: string;
}

/** The name of one object; without a namespace it is cluster-scoped. */
export interface ObjectRef {
  readonly name: string;
  readonly namespace?: string;
}

export interface Reader<T> {
  get(ref: ObjectRef, options?: { signal?: AbortSignal; resourceVersion?: string }): Promise<T>;
  list(options?: ListOptions): Promise<ObjectList<T>>;
  /** Ends when the server ends the watch or the signal aborts; throws StatusError (Expired: list again) on an ERROR event. */
  watch(options?: WatchOptions): AsyncIterable<WatchEvent<T>>;
}

/** Namespaces are taken from the object's metadata (or the ref). Every failure the server reports is thrown as a StatusError. */
export interface Writer<T> {
  create(object: Draft<T>, options?: WriteOptions): Promise<T>;
  update(object: T, options?: WriteOptions): Promise<T>;
  updateStatus(object: T, options?: WriteOptions): Promise<T>;
  patch(ref: ObjectRef, patch: unknown, options: PatchOptions): Promise<T>;
  delete(ref: ObjectRef, options?: DeleteOptions & { signal?: AbortSignal }): Promise<T | Status>;
  deleteCollection(options: ListOptions, deleteOptions?: DeleteOptions): Promise<void>;
  /** POST to a subresource such as `binding`, `eviction` or `token`, whose body and reply are of other kinds. */
  createSubresource<R>(ref: ObjectRef, subresource: string, body: unknown, options?: WriteOptions): Promise<R>;
}

/** One resource of an API server. */
export type ResourceClient<T extends ApiObject> = Reader<T> & Writer<T> & { readonly type: ResourceType<T> };

/** An API server: typed access to its resources, and raw access to everything else. */
export interface ApiClient {
  resource<T extends ApiObject>(type: ResourceType<T>): ResourceClient<T>;
  /** A request to any path, with JSON bodies. Throws a StatusError unless the response is 2xx. */
  json<R>(
    method: string,
    path: string,
    body?: unknown,
    options?: { accept?: string; contentType?: string; signal?: AbortSignal },
  ): Promise<R>;
  readonly transport: import('./transport.ts').Transport;
}
