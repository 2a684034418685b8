import { type Clock, type Logger, type Random, systemClock, systemRandom } from '@typernetes/base';
import { type ApiObject, groupResourceOf, keyOf, type ObjectKey, type ResourceType } from '@typernetes/machinery';
import { IndexedStore } from './indexed-store.ts';
import type { Informer, InformerEvents, Informers, Lister } from './informer.ts';
import { type ReflectorSink, reflect } from './reflector.ts';
import type { ApiClient, ListOptions, WatchEvent } from './resource-client.ts';

type Narrowing = Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector' | 'metadataOnly'>;

export interface SharedInformersOptions {
  readonly client: Pick<ApiClient, 'resource'>;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** The informers of a process over one client. Reads nothing before `run`. */
export function sharedInformers(options: SharedInformersOptions): Informers {
  const { client, log, clock = systemClock, random = systemRandom } = options;
  const known = new Map<string, { informer: SharedInformer<ApiObject>; start(signal: AbortSignal): Promise<void> }>();
  /** Informers of all objects, complete ones, by resource and group. */
  const complete = new Map<string, SharedInformer<ApiObject>>();
  let running: { readonly signal: AbortSignal; readonly tasks: Promise<void>[] } | undefined;

  return {
    name: 'informers',
    for<T extends ApiObject>(type: ResourceType<T>, narrowed: Narrowing = {}): Informer<T> {
      const { namespace, labelSelector, fieldSelector, metadataOnly } = narrowed;
      const id = JSON.stringify([
        type.group,
        type.version,
        type.plural,
        namespace,
        labelSelector,
        fieldSelector,
        metadataOnly,
      ]);
      const existing = known.get(id);
      if (existing) return existing.informer as unknown as SharedInformer<T>;
      const informer = new SharedInformer<T>(log.with({ resource: groupResourceOf(type) }));
      const start = (signal: AbortSignal): Promise<void> =>
        reflect(client.resource(type), informer, { narrowed, clock, random, log: informer.log, signal });
      const any = informer as unknown as SharedInformer<ApiObject>;
      known.set(id, { informer: any, start });
      if (Object.values(narrowed).every((value) => value === undefined)) complete.set(groupResourceOf(type), any);
      running?.tasks.push(start(running.signal));
      return informer;
    },
    existing: (type) => complete.get(groupResourceOf(type)),
    async run(signal) {
      running = { signal, tasks: [...known.values()].map(({ start }) => start(signal)) };
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.all(running.tasks);
      running = undefined;
    },
    async untilSynced(signal) {
      await Promise.all([...known.values()].map(({ informer }) => informer.untilSynced(signal)));
    },
  };
}

class SharedInformer<T extends ApiObject> implements Informer<T>, ReflectorSink<T> {
  readonly log: Logger;
  readonly #store = new IndexedStore<T>();
  readonly #handlers = new Set<InformerEvents<T>>();
  readonly #waiting = new Set<() => void>();
  #revision = '';
  #synced = false;

  constructor(log: Logger) {
    this.log = log;
  }

  get lister(): Lister<T> {
    return this.#store;
  }

  get revision(): string {
    return this.#revision;
  }

  get synced(): boolean {
    return this.#synced;
  }

  addIndex(name: string, of: (object: T) => readonly string[]): void {
    if (!this.#store.hasIndex(name)) this.#store.addIndex(name, of);
  }

  onEvent(events: InformerEvents<T>): () => void {
    this.#handlers.add(events);
    for (const object of this.#store.list()) this.#deliver([events], (to) => to.added?.(object));
    return () => this.#handlers.delete(events);
  }

  async untilSynced(signal: AbortSignal): Promise<void> {
    if (this.#synced) return;
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const done = (): void => {
        signal.removeEventListener('abort', failed);
        resolve();
      };
      const failed = (): void => {
        this.#waiting.delete(done);
        reject(signal.reason);
      };
      signal.addEventListener('abort', failed, { once: true });
      this.#waiting.add(done);
    });
  }

  replace(objects: readonly T[], revision: string): void {
    const gone = new Set<ObjectKey>(this.#store.keys());
    const changes: (() => void)[] = [];
    for (const object of objects) {
      const key = keyOf(object);
      gone.delete(key);
      changes.push(...this.#put(key, object));
    }
    for (const key of gone) changes.push(...this.#drop(key, this.#store.get(key)));
    this.#revision = revision;
    for (const change of changes) change();
    this.#synced = true;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  apply({ type, object }: WatchEvent<T>): void {
    this.#revision = object.metadata.resourceVersion;
    if (type === 'BOOKMARK') return;
    const key = keyOf(object);
    for (const change of type === 'DELETED' ? this.#drop(key, object) : this.#put(key, object)) change();
  }

  /**
   * Puts the object into the store; returns the events to deliver. An object with the same name but another uid is
   * another object.
   */
  #put(key: ObjectKey, object: T): (() => void)[] {
    const old = this.#store.get(key);
    if (old && old.metadata.uid !== object.metadata.uid) return [...this.#drop(key, old), ...this.#put(key, object)];
    if (old?.metadata.resourceVersion === object.metadata.resourceVersion) return [];
    this.#store.set(object);
    return [() => this.#deliver(this.#handlers, (to) => (old ? to.updated?.(object, old) : to.added?.(object)))];
  }

  #drop(key: ObjectKey, last: T | undefined): (() => void)[] {
    if (!last || !this.#store.get(key)) return [];
    this.#store.remove(key);
    return [() => this.#deliver(this.#handlers, (to) => to.deleted?.(last))];
  }

  /** A handler that throws is a fault of the program; it must not cost the others their events. */
  #deliver(handlers: Iterable<InformerEvents<T>>, call: (events: InformerEvents<T>) => void): void {
    for (const events of [...handlers]) {
      try {
        call(events);
      } catch (error) {
        this.log.error('Cannot handle event', error);
      }
    }
  }
}
