import { type Clock, messageOf, systemClock } from '@typernetes/base';
import {
  type CommitRequest,
  type CommitResult,
  CompactedError,
  type Store,
  type StoredObject,
  StoreError,
  type StoreEvent,
  type WatchBatch,
} from '../store.ts';
import { callTimeoutMs, EtcdClient, type EtcdClientOptions } from './etcd-client.ts';
import { type EtcdError, isCompacted } from './etcd-error.ts';
import { EtcdWatch, objectOf } from './etcd-watch.ts';
import { byModRevision, equal, methods, numberOf, type RangeRequest, type RangeResponse } from './messages.ts';

const encoder = new TextEncoder();
const keyBytes = (key: string): Uint8Array => encoder.encode(key);

/** Asked for to learn the revision; nothing is ever there. */
const nothing = Uint8Array.of(0);
/** How many objects are fetched at once, so that a huge list is not one huge message. */
const pageSize = 2000;
/** Requests for metrics should not wait long. */
const sizeTimeoutMs = 2000;
/** The minimum timeout of a request, however long it has waited for its turn. */
const leastTimeoutMs = 1000;

/**
 * An etcd v3 that several servers may share. Reads are linearizable; a commit is a transaction on the key's mod revision.
 * Other keys may live there: revisions count their writes as well.
 */
export class EtcdStore implements Store {
  readonly #client: EtcdClient;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  readonly #watches = new Set<EtcdWatch>();
  /** Aborts when those who read history are to wait no longer. */
  readonly #hurried = new AbortController();
  #cancelHurry = (): void => {};
  /** The request for the newest revision in progress, and the next one, which later callers share. */
  #asking: Promise<number> | undefined;
  #askingNext: Promise<number> | undefined;

  readonly #endpoints: readonly string[];

  constructor(options: Omit<EtcdClientOptions, 'clock'> & { readonly clock?: Clock }) {
    this.#clock = options.clock ?? systemClock;
    this.#client = new EtcdClient({ ...options, clock: this.#clock });
    this.#endpoints = options.endpoints;
  }

  /** Throws an Error with the endpoints and the reason, if none answers within `timeoutMs`. */
  async untilReachable(timeoutMs: number = callTimeoutMs): Promise<void> {
    try {
      await this.#askRevision(timeoutMs);
    } catch (error) {
      throw new Error(`Cannot reach etcd at ${this.#endpoints.join(', ')}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Many may ask at once; a question is only answered by a request that began after it. */
  currentRevision(): Promise<number> {
    if (!this.#asking) {
      this.#asking = this.#askRevision(callTimeoutMs);
      return this.#asking;
    }
    const since = this.#clock.monotonic();
    this.#askingNext ??= this.#asking
      .catch(() => 0)
      .then(() => {
        this.#askingNext = undefined;
        // While the storage is unreachable, the previous request has used up its time, and this one has waited nearly
        // as long.
        const left = callTimeoutMs - (this.#clock.monotonic() - since);
        this.#asking = this.#askRevision(Math.max(left, leastTimeoutMs));
        return this.#asking;
      });
    return this.#askingNext;
  }

  async get(key: string, options: { timeoutMs?: number } = {}): Promise<StoredObject | undefined> {
    const { kvs } = await this.#range({ key: keyBytes(key) }, options);
    return kvs[0] && objectOf(kvs[0]);
  }

  async list(
    prefix: string,
    options: { revision?: number; limit?: number; after?: string } = {},
  ): Promise<{ revision: number; objects: StoredObject[]; more: boolean }> {
    const { limit = Number.POSITIVE_INFINITY } = options;
    const rangeEnd = endOf(prefix);
    const objects: StoredObject[] = [];
    let { revision, after } = options;
    for (;;) {
      const response = await this.#range({
        key: keyBytes(after === undefined ? prefix : `${after}\0`),
        rangeEnd,
        limit: Math.min(limit - objects.length, pageSize),
        ...(revision === undefined ? {} : { revision }),
      });
      // All pages are at one revision.
      revision ??= numberOf(response.header.revision);
      for (const kv of response.kvs) objects.push(objectOf(kv));
      if (!response.more || objects.length === limit) return { revision, objects, more: response.more };
      after = objects.at(-1)?.key;
    }
  }

  async commit({ key, value, expectedRevision }: CommitRequest): Promise<CommitResult> {
    if (this.#closing.signal.aborted) throw new StoreError('Cannot commit to the store: it is closed');
    const bytes = keyBytes(key);
    if (value === undefined && expectedRevision === 0) return { ok: false, current: await this.get(key) };
    const { header, succeeded, responses } = await this.#client.call(
      methods.txn,
      {
        compare: [{ result: equal, target: byModRevision, key: bytes, modRevision: expectedRevision }],
        success: [value ? { requestPut: { key: bytes, value } } : { requestDeleteRange: { key: bytes } }],
        failure: [{ requestRange: { key: bytes } }],
      },
      { repeatable: false },
    );
    if (!succeeded) {
      const current = responses[0]?.responseRange?.kvs[0];
      return { ok: false, current: current && objectOf(current) };
    }
    const revision = numberOf(header.revision);
    for (const watch of this.#watches) await watch.untilDelivered(revision);
    return { ok: true, revision };
  }

  async *watch(prefix: string, from: number, signal: AbortSignal): AsyncIterable<WatchBatch> {
    for await (const { revision, events } of this.#follow(from, signal))
      yield { revision, events: events.filter(({ key }) => key.startsWith(prefix)) };
  }

  async history(prefix: string, { after, upTo }: { after: number; upTo: number }): Promise<readonly StoreEvent[]> {
    const last = Math.min(upTo, await this.currentRevision());
    const found: StoreEvent[] = [];
    if (after >= last) return found;
    const stop = new AbortController();
    for await (const { revision, events } of new EtcdWatch(this.#client, this.#clock, { from: after }).follow(
      AbortSignal.any([stop.signal, this.#closing.signal, this.#hurried.signal]),
    )) {
      for (const event of events) if (event.revision <= last && event.key.startsWith(prefix)) found.push(event);
      if (revision >= last) return found;
    }
    throw new StoreError('Cannot read the history: the store is about to be closed');
  }

  async compact(revision: number): Promise<void> {
    const upTo = Math.min(revision, await this.currentRevision());
    try {
      await this.#client.call(methods.compact, { revision: upTo }, { repeatable: true });
    } catch (error) {
      // Another server was faster.
      if (!isCompacted(error as EtcdError)) throw error;
    }
  }

  /** The size reported by the member in use. */
  async sizeBytes(): Promise<number> {
    const { dbSize } = await this.#client.call(methods.status, {}, { repeatable: true, timeoutMs: sizeTimeoutMs });
    return numberOf(dbSize);
  }

  hurry(mostMs: number): void {
    this.#client.hurry(mostMs);
    this.#cancelHurry = this.#clock.after(mostMs, () => {
      this.#hurried.abort();
      for (const watch of this.#watches) watch.leave();
    });
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#cancelHurry();
    this.#client.close();
  }

  async *#follow(from: number, signal: AbortSignal): AsyncGenerator<WatchBatch> {
    const watch = new EtcdWatch(this.#client, this.#clock, { from, newest: () => this.currentRevision() });
    this.#watches.add(watch);
    if (this.#hurried.signal.aborted) watch.leave();
    try {
      yield* watch.follow(AbortSignal.any([signal, this.#closing.signal]));
    } finally {
      this.#watches.delete(watch);
    }
  }

  async #askRevision(timeoutMs: number): Promise<number> {
    try {
      const { header } = await this.#range({ key: nothing, countOnly: true }, { timeoutMs });
      return numberOf(header.revision);
    } finally {
      this.#asking = undefined;
    }
  }

  async #range(request: RangeRequest, options: { timeoutMs?: number } = {}): Promise<RangeResponse> {
    try {
      return await this.#client.call(methods.range, request, { repeatable: true, ...options });
    } catch (error) {
      if (isCompacted(error as EtcdError)) throw await this.#compactedError(request.revision ?? 0);
      throw error;
    }
  }

  /** Only a watch reports the oldest revision. */
  async #compactedError(revision: number): Promise<CompactedError> {
    const stop = new AbortController();
    try {
      for await (const _ of new EtcdWatch(this.#client, this.#clock, { from: revision }).follow(
        AbortSignal.any([stop.signal, this.#closing.signal, this.#hurried.signal]),
      ))
        break;
    } catch (error) {
      if (error instanceof CompactedError) return error;
      throw error;
    }
    return new CompactedError(revision + 1);
  }
}

/** The first key behind all that start with `prefix`. */
function endOf(prefix: string): Uint8Array {
  const end = keyBytes(prefix);
  const last = end.length - 1;
  end[last] = (end[last] ?? 0) + 1;
  return end;
}
