import type { Clock, Logger, Random } from '@typernetes/base';
import { type ApiObject, conflict, membersEqual, notFound } from '@typernetes/machinery';
import type { Tracer } from '@typernetes/process/tracing';
import { type CommitRequest, type CommitResult, CompactedError, type Store } from '@typernetes/store';
import type { AdmissionPlugin } from '../admission/admission-plugin.ts';
import type { CacheFeed } from '../cache/cache-feed.ts';
import { CachedObject } from '../cache/cached-object.ts';
import { JoinedItems } from '../cache/joined-items.ts';
import type { Pin } from '../cache/listeners.ts';
import type { ResourceCache } from '../cache/resource-cache.ts';
import type { certificateMetrics, UpdateObserver } from '../observers/certificate-metrics.ts';
import type { ReadMetrics, ResourceReads } from '../observers/read-metrics.ts';
import type { ResourceTimes, StoreTimes } from '../observers/store-times.ts';
import type { WatchObserver } from '../observers/watch-metrics.ts';
import type { Allocator, ServedResource } from '../registry/served-resource.ts';
import type { StrategyContext } from '../registry/strategy.ts';
import type { RequestContext } from '../request/request-context.ts';
import { servedFormOf } from './resource-form.ts';
import type { ServedForm } from './served-form.ts';

/** What the storages of a server share: all of them, but that resources may be kept in another store. */
export interface StorageDependencies {
  readonly store: Store;
  readonly feed: CacheFeed;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The least that a watch without a timeout of its own lasts; half an hour if not given. */
  readonly minWatchMs?: number | undefined;
  /** How many objects of a collection are deleted at once; 32 if not given. */
  readonly deletionsAtOnce?: number | undefined;
  /** Mutating first, in order. May grow while the server is put together. */
  readonly admission: readonly AdmissionPlugin[];
  readonly featureEnabled: (gate: string) => boolean;
  /** Told about every event that a watcher is sent. */
  readonly countEvent?: WatchObserver;
  /** Told how long the store takes. */
  readonly storeTimes?: StoreTimes;
  /** Says what the store takes; nothing is said if not given. */
  readonly tracer?: Pick<Tracer, 'span'> | undefined;
  /** Told what reads take. */
  readonly readMetrics?: ReadMetrics;
  /** Who is told of updates of a resource. */
  readonly updateObserver?: ReturnType<typeof certificateMetrics>;
  readonly allocators: { readonly [N in NonNullable<ServedResource['allocator']>]?: Allocator };
}

/** What became of a write. A dry run has an object only in `object`. */
export interface Written {
  readonly object: ApiObject;
  readonly cached: CachedObject | undefined;
}

/** What one attempt to change an object wants. */
export type Step =
  | { readonly write: ApiObject }
  /** Remove the key; `final` is what the object looks like to those who ask for it. */
  | { readonly remove: true; readonly final: ApiObject }
  | { readonly nothing: true };

/** What became of an update. */
export interface Change {
  readonly written: Written;
  readonly outcome: 'unchanged' | 'created' | 'updated' | 'removed';
  /** Of the write; undefined where none was made. */
  readonly revision?: number;
}

/** Which objects somebody asks for: those under a prefix, of which a field may have one value. */
export interface Wanted {
  readonly keyPrefix: string;
  readonly pin: Pin | undefined;
}

/** Reads and conditional writes of one resource's objects, in the served form. Policy lies in create, update and delete. */
export class ResourceStorage {
  readonly served: ServedResource;
  readonly form: ServedForm;
  readonly cache: ResourceCache;
  readonly joined: JoinedItems;
  readonly deps: StorageDependencies;
  /** What the keys of its objects begin with. */
  readonly root: string;
  /** Told how long the store takes for these objects. */
  readonly times: ResourceTimes | undefined;
  /** Told what reads of these objects take. */
  readonly reads: ResourceReads | undefined;
  /** Told of every update that was stored. */
  readonly updated: UpdateObserver | undefined;
  readonly #gone: AbortController;

  /** `before` is whose place it takes: what runs there goes on, and ends with this one. */
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

  /** Tries to let watches begin at `revision`, which the cache does not reach back to by itself. */
  async reachBack(revision: number): Promise<void> {
    try {
      await this.cache.reachBack(this.deps.store, this.root, revision);
    } catch (error) {
      // Forgotten: the watcher is told that its revision is too old.
      if (!(error instanceof CompactedError)) throw error;
    }
  }

  /** What a selection may want, in key order, behind a key: where it names an object nothing else is looked at, let alone parsed. */
  candidates({ keyPrefix, pin }: Wanted, after = ''): Iterable<readonly [key: string, object: CachedObject]> {
    if (pin?.field !== 'metadata.name') return this.cache.range(keyPrefix, after);
    if (keyPrefix === '' && this.served.type.namespaced)
      return this.cache.range('', after).filter(([key]) => key.slice(key.indexOf('/') + 1) === pin.value);
    const key = `${keyPrefix}${pin.value}`;
    const cached = key > after ? this.cache.get(key) : undefined;
    return cached ? [[key, cached]] : [];
  }

  /**
   * Resolves once all objects that a selection may want can be shown, or the first `limit` of them behind a key: at once, unless a webhook
   * must convert them first.
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
      // Meanwhile others may have come.
      await form.ready(pending);
    }
  }

  /** The object as of now, at once if nothing need be waited for; throws NotFound. */
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

  /** Writes a new object; undefined when the key is taken. */
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
   * Reads, lets `plan` decide, writes; when somebody else wrote in between, again with what is there then. `plan` throws to
   * refuse. A write that changes nothing is not made.
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
      // What is stored in another version than is written now is written again, as upstream does: so objects are migrated.
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
      if (options.dryRun) return { written: { object, cached: undefined }, outcome };
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

  /** The cache has it already when it is as fast as the store. */
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

/** Upstream's, whichever store it is. */
const spanNames = { create: 'Create etcd3', update: 'GuaranteedUpdate etcd3', delete: 'Delete etcd3' } as const;

/** Parsed only for those who look: an answer is mostly made of bytes. */
const writtenOf = (cached: CachedObject): Written => ({
  cached,
  get object() {
    return cached.object;
  },
});

const headMembers: ReadonlySet<string> = new Set(['kind', 'apiVersion', 'metadata']);
const revisionMember: ReadonlySet<string> = new Set(['resourceVersion']);

/** The resourceVersion does not count: the store sets it. */
function sameObject(next: ApiObject, { object }: CachedObject): boolean {
  return membersEqual(next, object, headMembers) && membersEqual(next.metadata, object.metadata, revisionMember);
}
