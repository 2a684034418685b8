import type { Clock, Logger, Random } from '@typernetes/base';
import { type ApiObject, conflict, membersEqual, notFound } from '@typernetes/machinery';
import type { Tracer } from '@typernetes/process/tracing';
import { type CommitRequest, type CommitResult, CompactedError, type Store } from '@typernetes/store';
import type { AdmissionPlugin } from '../admission/admission-plugin.ts';
import type { CacheFeed } from '../cache/cache-feed.ts';
import { CachedObject } from '../cache/cached-object.ts';
import type { Pin } from '../cache/listeners.ts';
import type { ResourceCache } from '../cache/resource-cache.ts';
import type { certificateMetrics, UpdateObserver } from '../observers/certificate-metrics.ts';
import type { ReadMetrics, ResourceReads } from '../observers/read-metrics.ts';
import type { ResourceTimes, StoreTimes } from '../observers/store-times.ts';
import type { WatchObserver } from '../observers/watch-metrics.ts';
import type { Allocator, ServedResource } from '../registry/served-resource.ts';
import type { StrategyContext } from '../registry/strategy.ts';
import type { RequestContext } from '../request/request-context.ts';
import { JoinedItems } from './joined-items.ts';
import { servedFormOf } from './resource-form.ts';
import type { ServedForm } from './served-form.ts';

/** What the storages of all resources share; only `store` and `feed` differ for resources that are kept in another store. */
export interface StorageDependencies {
  readonly store: Store;
  readonly feed: CacheFeed;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The minimum duration of a watch without a timeout, in milliseconds; default: 30 minutes. */
  readonly minWatchMs?: number | undefined;
  /** How many objects of a collection are deleted concurrently; default: 32. */
  readonly deletionsAtOnce?: number | undefined;
  /** In the order they are called. May grow while the server is being set up. */
  readonly admission: readonly AdmissionPlugin[];
  readonly featureEnabled: (gate: string) => boolean;
  /** Called for every event that is sent to a watcher. */
  readonly countEvent?: WatchObserver;
  /** Measures how long the store takes. */
  readonly storeTimes?: StoreTimes;
  /** Records spans of calls to the store; default: none. */
  readonly tracer?: Pick<Tracer, 'span'> | undefined;
  /** Measures reads. */
  readonly readMetrics?: ReadMetrics;
  /** Makes the observer of a resource's updates. */
  readonly updateObserver?: ReturnType<typeof certificateMetrics>;
  readonly allocators: { readonly [N in NonNullable<ServedResource['allocator']>]?: Allocator };
}

/** The result of a write. `cached` is undefined for a dry run and for a removed object. */
export interface Written {
  readonly object: ApiObject;
  readonly cached: CachedObject | undefined;
}

/** The decision of one attempt to change an object. */
export type Step =
  | { readonly write: ApiObject }
  /** Remove the key; `final` is the state of the object in the reply. */
  | { readonly remove: true; readonly final: ApiObject }
  | { readonly nothing: true };

/** The result of `change`. */
interface Change {
  readonly written: Written;
  readonly outcome: 'unchanged' | 'created' | 'updated' | 'removed';
  /** The revision of the write; undefined when nothing was written. */
  readonly revision?: number;
}

/** The objects that a read or watch selects: those under a key prefix, optionally only those with one value of a field. */
interface Wanted {
  readonly keyPrefix: string;
  readonly pin: Pin | undefined;
}

/** Reads and conditional writes of one resource's objects, in the served version. The policy is in create.ts, update.ts and delete.ts. */
export class ResourceStorage {
  readonly served: ServedResource;
  readonly form: ServedForm;
  readonly cache: ResourceCache;
  readonly joined: JoinedItems;
  readonly deps: StorageDependencies;
  /** The prefix of the keys of its objects in the store. */
  readonly root: string;
  /** Measures how long the store takes for these objects. */
  readonly times: ResourceTimes | undefined;
  /** Measures reads of these objects. */
  readonly reads: ResourceReads | undefined;
  /** Called for every update that was stored. */
  readonly updated: UpdateObserver | undefined;
  readonly #gone: AbortController;

  /** `before` is the replaced storage: its watches continue here, and end when this one retires. */
  constructor(served: ServedResource, deps: StorageDependencies, before?: ResourceStorage) {
    const prefix = served.storage?.prefix;
    if (prefix === undefined) throw new Error(`Cannot store objects of "${served.type.plural}": they have no place`);
    this.served = served;
    this.deps = deps;
    this.times = deps.storeTimes?.(served.type);
    this.form = servedFormOf(served);
    this.cache = deps.feed.cacheOf(prefix, this.form.stored);
    this.reads = deps.readMetrics?.(served.type, this.cache, deps.feed);
    this.updated = deps.updateObserver?.(served.type);
    this.joined = new JoinedItems(this.cache, this.form);
    this.root = `${deps.feed.root}${prefix}/`;
    this.#gone = before ? before.#gone : new AbortController();
    if (before) deps.feed.release(before.cache);
  }

  /** Aborts when the resource is no longer served: watches end. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  retire(): void {
    if (this.#gone.signal.aborted) return;
    this.#gone.abort();
    this.deps.feed.release(this.cache);
  }

  strategyContext({ user, warnings }: Pick<RequestContext, 'user' | 'warnings'>): StrategyContext {
    const warn = (text: string): void => void warnings.add(text);
    return { now: this.deps.clock.now(), featureEnabled: this.deps.featureEnabled, user, warn };
  }

  keyOf(namespace: string, name: string): string {
    return this.served.type.namespaced ? `${namespace}/${name}` : name;
  }

  /** Tries to extend the cache's window of changes back to `revision`, for a watch from there. */
  async reachBack(revision: number): Promise<void> {
    try {
      await this.cache.reachBack(this.deps.store, this.root, revision);
    } catch (error) {
      // The store has compacted it: the watcher gets an Expired error.
      if (!(error instanceof CompactedError)) throw error;
    }
  }

  /** The objects that may match, in key order, with keys greater than `after`. When a name is selected, only that object is looked at. */
  candidates({ keyPrefix, pin }: Wanted, after = ''): Iterable<readonly [key: string, object: CachedObject]> {
    if (pin?.field !== 'metadata.name') return this.cache.range(keyPrefix, after);
    if (keyPrefix === '' && this.served.type.namespaced)
      return this.cache.range('', after).filter(([key]) => key.slice(key.indexOf('/') + 1) === pin.value);
    const key = `${keyPrefix}${pin.value}`;
    const cached = key > after ? this.cache.get(key) : undefined;
    return cached ? [[key, cached]] : [];
  }

  /**
   * Resolves once all objects that may match (or the first `limit` of them after a key) are in the served version: at once, unless a
   * conversion webhook has to be called.
   */
  async untilReady(wanted: Wanted, page: { readonly after?: string; readonly limit?: number } = {}): Promise<void> {
    const { form } = this;
    if (!form.ready || !form.isReady) return;
    const { after, limit = 0 } = page;
    for (;;) {
      const pending: CachedObject[] = [];
      let looked = 0;
      for (const [, cached] of this.candidates(wanted, after)) {
        if (limit > 0 && looked++ === limit) break;
        if (!form.isReady(cached)) pending.push(cached);
      }
      if (pending.length === 0) return;
      // Others may have been written meanwhile.
      await form.ready(pending);
    }
  }

  /** The current object, without a promise when the cache is known to be current; throws NotFound. */
  get(namespace: string, name: string): CachedObject | Promise<CachedObject> {
    const waiting = this.deps.feed.untilCurrent();
    return waiting ? waiting.then(() => this.#found(namespace, name)) : this.#found(namespace, name);
  }

  #found(namespace: string, name: string): CachedObject | Promise<CachedObject> {
    const cached = this.cache.get(this.keyOf(namespace, name));
    if (!cached) throw notFound(this.served.type, name);
    const { form } = this;
    return form.ready ? form.ready([cached]).then(() => form.of(cached)) : form.of(cached);
  }

  /** Writes a new object; returns undefined when the key exists. */
  async insert(key: string, object: ApiObject): Promise<CachedObject | undefined> {
    const encoded = this.form.encode(object);
    const value = encoded instanceof Promise ? await encoded : encoded;
    const since = this.times?.began('create') ?? 0;
    let result: CommitResult;
    try {
      result = await this.#commit('create', { key: `${this.root}${key}`, value, expectedRevision: 0 });
    } catch (error) {
      this.times?.failed('create');
      throw error;
    }
    this.times?.took('create', since);
    return result.ok ? this.#written(key, value, { object, revision: result.revision }) : undefined;
  }

  /**
   * Reads the object, lets `plan` decide, and writes; starts over with the newer state if another write came in
   * between. `plan` throws to refuse. A write that changes nothing is not made.
   */
  async change(
    key: string,
    plan: (current: CachedObject | undefined) => Promise<Step>,
    options: { dryRun: boolean },
  ): Promise<Change> {
    const waiting = this.deps.feed.untilCurrent();
    if (waiting) await waiting;
    let stored = this.cache.get(key);
    for (let attempt = 0; attempt < 100; attempt++) {
      if (stored && this.form.ready) await this.form.ready([stored]);
      const current = stored && this.form.of(stored);
      const step = await plan(current);
      if ('write' in step) this.form.settle?.(step.write);
      // An object stored in another version is written even when nothing changes, as upstream does: that is how objects are migrated.
      const isOfNow = stored?.apiVersion === this.form.stored.apiVersion;
      if (
        'nothing' in step ||
        ('write' in step && current && isOfNow && (await this.#isUnchanged(key, step.write, current)))
      ) {
        if (!current) throw new Error('Cannot leave an object as it is that does not exist');
        return { written: { object: current.object, cached: current }, outcome: 'unchanged' };
      }
      const encoded = 'write' in step ? this.form.encode(step.write) : undefined;
      const value = encoded instanceof Promise ? await encoded : encoded;
      const outcome = value === undefined ? 'removed' : current ? 'updated' : 'created';
      const object = 'write' in step ? step.write : step.final;
      if (options.dryRun) {
        return { written: { object: this.form.inOrder?.(object) ?? object, cached: undefined }, outcome };
      }
      const operation = value === undefined ? 'delete' : current ? 'update' : 'create';
      const since = this.times?.began(operation) ?? 0;
      let result: CommitResult;
      try {
        result = await this.#commit(operation, {
          key: `${this.root}${key}`,
          value,
          expectedRevision: stored?.revision ?? 0,
        });
      } catch (error) {
        this.times?.failed(operation);
        throw error;
      }
      this.times?.took(operation, since);
      if (result.ok) {
        const cached = value ? await this.#written(key, value, { object, revision: result.revision }) : undefined;
        return { written: cached ? writtenOf(cached) : { object, cached }, outcome, revision: result.revision };
      }
      stored = result.current && CachedObject.of(this.form.stored, result.current.value, result.current.modRevision);
    }
    throw conflict(this.served.type, key.slice(key.indexOf('/') + 1), 'too many concurrent writes to the object');
  }

  #commit(operation: keyof typeof spanNames, request: CommitRequest): Promise<CommitResult> {
    const { store, tracer } = this.deps;
    if (!tracer) return store.commit(request);
    const { group, plural: resource, kind } = this.served.type;
    const type = `*${group === '' ? 'core' : group.replace(/\..*/, '')}.${kind}`;
    const attributes = { key: request.key.slice(this.deps.feed.root.length - 1), type, group, resource };
    return tracer.span({ name: spanNames[operation], attributes }, () => store.commit(request));
  }

  async #isUnchanged(key: string, next: ApiObject, current: CachedObject): Promise<boolean> {
    return sameObject(next, current) && !(await this.deps.store.isStale?.(`${this.root}${key}`));
  }

  /** The cached object of a write: often the feed has brought it to the cache already. */
  async #written(
    key: string,
    value: Uint8Array,
    { object, revision }: { object: ApiObject; revision: number },
  ): Promise<CachedObject> {
    const cached = this.cache.get(key);
    let written = cached;
    if (written?.revision !== revision) {
      written = this.form.isStored
        ? CachedObject.written(this.form.stored, value, { object, revision })
        : CachedObject.of(this.form.stored, value, revision);
      if (this.deps.feed.revision < revision) this.cache.expect(written);
    }
    await this.form.ready?.([written]);
    return this.form.of(written);
  }
}

/** Upstream's span names, for every kind of store. */
const spanNames = { create: 'Create etcd3', update: 'GuaranteedUpdate etcd3', delete: 'Delete etcd3' } as const;

/** `object` is parsed on first use: replies are mostly made of the bytes. */
const writtenOf = (cached: CachedObject): Written => ({
  cached,
  get object() {
    return cached.object;
  },
});

const headMembers: ReadonlySet<string> = new Set(['kind', 'apiVersion', 'metadata']);
const revisionMember: ReadonlySet<string> = new Set(['resourceVersion']);

/** Compares without the resourceVersion, which the store sets. */
function sameObject(next: ApiObject, { object }: CachedObject): boolean {
  return membersEqual(next, object, headMembers) && membersEqual(next.metadata, object.metadata, revisionMember);
}
