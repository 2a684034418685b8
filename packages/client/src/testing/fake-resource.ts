import {
  type ApiObject,
  alreadyExists,
  apiVersionOf,
  conflict,
  type DeleteOptions,
  type Draft,
  everyField,
  keyOf,
  notFound,
  parseFieldSelector,
  parseSelector,
  type ResourceType,
  type Status,
  StatusError,
} from '@typernetes/machinery';
import type {
  ListOptions,
  ObjectList,
  ObjectRef,
  PatchOptions,
  ResourceClient,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from '../resource-client.ts';
import { mergePatch } from './merge-patch.ts';

interface LoggedEvent<T> {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
  readonly old: T | undefined;
}

type Loose = ApiObject & { spec?: unknown; status?: unknown };

/** The common state of all resources of a fake API. */
export interface FakeServer {
  readonly revision: number;
  nextRevision(): number;
  suffix(): string;
  uid(): string;
  timestamp(): string;
  /** Notes a request, or fails it. */
  act(verb: string, type: ResourceType<unknown>, ref: Partial<ObjectRef>, subresource?: string): void;
  subresource(type: ResourceType<unknown>, ref: ObjectRef, subresource: string, body: unknown): unknown;
}

/** One resource of a fake API. Objects are frozen copies: a controller that mutates what it reads fails its test. */
export class FakeResource<T extends ApiObject> implements ResourceClient<T> {
  readonly type: ResourceType<T>;
  readonly objects = new Map<string, T>();
  readonly #api: FakeServer;
  readonly #log: LoggedEvent<T>[] = [];
  readonly #wakes = new Set<() => void>();
  #oldest = 0;
  #cuts = 0;

  constructor(api: FakeServer, type: ResourceType<T>) {
    this.#api = api;
    this.type = type;
  }

  async get(ref: ObjectRef): Promise<T> {
    this.#api.act('get', this.type, ref);
    return this.#existing(ref);
  }

  async list(options: ListOptions = {}): Promise<ObjectList<T>> {
    this.#api.act('list', this.type, { name: '', namespace: options.namespace });
    options.signal?.throwIfAborted();
    const selected = selection(options);
    return {
      apiVersion: apiVersionOf(this.type),
      kind: this.type.listKind,
      metadata: { resourceVersion: String(this.#api.revision) },
      items: [...this.objects.values()].filter(selected),
    };
  }

  async *watch(options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>> {
    this.#api.act('watch', this.type, { name: '', namespace: options.namespace });
    const selected = selection(options);
    const cuts = this.#cuts;
    let at = Number(options.resourceVersion ?? 0);
    while (!options.signal?.aborted && cuts === this.#cuts) {
      if (at < this.#oldest) throw new StatusError('Expired', `too old resource version: ${at} (${this.#oldest})`);
      const next = this.#log.find(({ revision }) => revision > at);
      if (!next) {
        await this.#change(options.signal);
        continue;
      }
      at = next.revision;
      const event = narrowed(next, selected);
      if (event) yield event;
    }
  }

  async create(draft: Draft<T>, options: WriteOptions = {}): Promise<T> {
    const { generateName } = draft.metadata;
    const name = draft.metadata.name ?? `${generateName}${this.#api.suffix()}`;
    this.#api.act('create', this.type, { ...draft.metadata, name });
    const metadata = {
      generation: 1,
      ...draft.metadata,
      name,
      uid: this.#api.uid(),
      creationTimestamp: this.#api.timestamp(),
      resourceVersion: '',
    };
    const object = { apiVersion: apiVersionOf(this.type), kind: this.type.kind, ...draft, metadata } as unknown as T;
    if (this.objects.has(keyOf(object))) throw alreadyExists(this.type, name);
    return options.dryRun ? object : this.#commit('ADDED', object);
  }

  async update(object: T): Promise<T> {
    this.#api.act('update', this.type, object.metadata);
    const current = this.#checked(object) as Loose;
    const next = object as Loose;
    return this.#replace(
      current as T,
      { ...next, ...(current.status === undefined ? {} : { status: current.status }) } as T,
    );
  }

  async updateStatus(object: T): Promise<T> {
    this.#api.act('update', this.type, object.metadata, 'status');
    const current = this.#checked(object);
    const { annotations } = object.metadata;
    const metadata = { ...current.metadata, ...(annotations ? { annotations } : {}) };
    return this.#replace(current, { ...current, metadata, status: (object as Loose).status } as T);
  }

  async patch(ref: ObjectRef, patch: unknown, options: PatchOptions): Promise<T> {
    this.#api.act('patch', this.type, ref, options.subresource);
    if (options.type === 'apply' && !this.objects.has(this.#key(ref))) {
      const draft = mergePatch({ metadata: { ...ref } }, patch) as Draft<T>;
      return this.create(draft);
    }
    const current = this.#existing(ref) as Loose;
    const next = mergePatch(current, patch) as Loose;
    this.#checked(next as unknown as T);
    const kept =
      options.subresource === 'status' ? { ...current, status: next.status } : { ...next, status: current.status };
    return this.#replace(current as unknown as T, withoutUndefined(kept) as unknown as T);
  }

  async delete(ref: ObjectRef, options: DeleteOptions & { signal?: AbortSignal } = {}): Promise<T | Status> {
    this.#api.act('delete', this.type, ref);
    const current = this.#existing(ref);
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (uid !== undefined && uid !== current.metadata.uid)
      throw conflict(
        this.type,
        ref.name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
      );
    if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion)
      throw conflict(this.type, ref.name);
    const policyFinalizers = { Foreground: ['foregroundDeletion'], Orphan: ['orphan'] }[
      options.propagationPolicy ?? ''
    ];
    const finalizers = [...new Set([...(current.metadata.finalizers ?? []), ...(policyFinalizers ?? [])])];
    if (finalizers.length === 0) return this.#commit('DELETED', current);
    const { deletionTimestamp = this.#api.timestamp() } = current.metadata;
    return this.#replace(current, { ...current, metadata: { ...current.metadata, finalizers, deletionTimestamp } });
  }

  async deleteCollection(options: ListOptions, deleteOptions: DeleteOptions = {}): Promise<void> {
    const { items } = await this.list(options);
    for (const { metadata } of items) await this.delete(metadata, deleteOptions);
  }

  async createSubresource<R>(ref: ObjectRef, subresource: string, body: unknown): Promise<R> {
    this.#api.act('create', this.type, ref, subresource);
    return this.#api.subresource(this.type, ref, subresource, body) as R;
  }

  /** Ends all watches, as a server that shuts down does. */
  cutWatches(): void {
    this.#cuts++;
    this.#wake();
  }

  /** Forgets the events up to now: a watch from before is answered with 410. */
  compact(): void {
    this.#oldest = this.#api.revision;
    this.#log.splice(0);
    this.#wake();
  }

  #key({ namespace, name }: ObjectRef): string {
    return this.type.namespaced && namespace ? `${namespace}/${name}` : name;
  }

  #existing(ref: ObjectRef): T {
    const object = this.objects.get(this.#key(ref));
    if (!object) throw notFound(this.type, ref.name);
    return object;
  }

  #checked({ metadata }: T): T {
    const current = this.#existing(metadata);
    const stale = metadata.resourceVersion && metadata.resourceVersion !== current.metadata.resourceVersion;
    if (stale || (metadata.uid && metadata.uid !== current.metadata.uid)) throw conflict(this.type, metadata.name);
    return current;
  }

  #replace(current: T, next: T): T {
    const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
    const { creationTimestamp, uid, resourceVersion, deletionTimestamp, generation = 1 } = current.metadata;
    const moved = same((current as Loose).spec, (next as Loose).spec) ? 0 : 1;
    const metadata = {
      ...next.metadata,
      creationTimestamp,
      uid,
      resourceVersion,
      generation: generation + moved,
      ...((next.metadata.deletionTimestamp ?? deletionTimestamp)
        ? { deletionTimestamp: deletionTimestamp ?? next.metadata.deletionTimestamp }
        : {}),
    };
    const complete = { ...next, metadata };
    if (metadata.deletionTimestamp && !metadata.finalizers?.length) return this.#commit('DELETED', complete);
    return same(complete, current) ? current : this.#commit('MODIFIED', complete);
  }

  #commit(type: LoggedEvent<T>['type'], object: T): T {
    const revision = this.#api.nextRevision();
    const key = keyOf(object);
    const old = this.objects.get(key);
    const stored = freeze(
      structuredClone({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }),
    );
    if (type === 'DELETED') this.objects.delete(key);
    else this.objects.set(key, stored);
    this.#log.push({ revision, type, object: stored, old });
    this.#wake();
    return stored;
  }

  #wake(): void {
    for (const wake of [...this.#wakes]) wake();
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakes.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#wakes.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}

function selection(options: ListOptions): (object: ApiObject) => boolean {
  const labels = parseSelector(options.labelSelector ?? '');
  const fields = options.fieldSelector ? parseFieldSelector(options.fieldSelector) : everyField;
  return (object) =>
    (!options.namespace || object.metadata.namespace === options.namespace) &&
    labels.matches(object.metadata.labels) &&
    fields.matches((field) => fieldOf(object, field));
}

function fieldOf(object: unknown, path: string): string {
  let at: unknown = object;
  for (const step of path.split('.')) at = (at as Record<string, unknown> | undefined)?.[step];
  return at === undefined || at === null ? '' : String(at);
}

/** An object that begins or ceases to be selected appears or disappears for the watcher. */
function narrowed<T>(event: LoggedEvent<T>, selected: (object: T & ApiObject) => boolean): WatchEvent<T> | undefined {
  const is = selected(event.object as T & ApiObject);
  const was = event.old !== undefined && selected(event.old as T & ApiObject);
  if (event.type === 'DELETED') return was || is ? { type: 'DELETED', object: event.object } : undefined;
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object: event.object };
  return was ? { type: 'DELETED', object: event.object } : undefined;
}

function withoutUndefined(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

function freeze<V>(value: V): V {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) freeze(member);
  }
  return value;
}
