import { type Clock, isAbort, type Logger, messageOf } from '@typernetes/base';
import type {
  CommitRequest,
  CommitResult,
  ListOptions,
  Store,
  StoredObject,
  StoreEvent,
  WatchBatch,
} from '@typernetes/store';
import type { ProviderChain } from './provider.ts';

/** Which providers encrypt values; may change while in use. */
export interface ValueEncryption {
  /** By a key of the store. */
  chainFor(key: string): ProviderChain;
}

/** The pause before an unreadable value is tried again: its key may still be configured. */
const retryMs = 1000;

/** A store that encrypts values on their way to another store: its users see plain values. */
export class EncryptedStore implements Store {
  readonly #inner: Store;
  readonly #encryption: ValueEncryption;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(inner: Store, encryption: ValueEncryption, { clock, log }: { clock: Clock; log: Logger }) {
    this.#inner = inner;
    this.#encryption = encryption;
    this.#clock = clock;
    this.#log = log;
  }

  currentRevision(): number | Promise<number> {
    return this.#inner.currentRevision();
  }

  async get(key: string): Promise<StoredObject | undefined> {
    return await this.#plain(await this.#inner.get(key));
  }

  async list(
    prefix: string,
    options?: ListOptions,
  ): Promise<{ revision: number; objects: StoredObject[]; more: boolean }> {
    const listed = await this.#inner.list(prefix, options);
    const objects = await Promise.all(
      listed.objects.map((object) => (options?.markUnreadable ? this.#marked(object) : this.#decrypt(object))),
    );
    return { ...listed, objects };
  }

  async sizeBytes(): Promise<number> {
    if (!this.#inner.sizeBytes) throw new Error('The store does not know its size');
    return await this.#inner.sizeBytes();
  }

  async commit(request: CommitRequest): Promise<CommitResult> {
    const { key, value } = request;
    const kept = value && (await this.#encryption.chainFor(key).encrypt(value, key));
    const result = await this.#inner.commit({ ...request, value: kept });
    return result.ok ? result : { ok: false, current: await this.#plain(result.current) };
  }

  /** Waits with events that it cannot decrypt until it can: skipping one would be worse. */
  async *watch(prefix: string, from: number, signal: AbortSignal): AsyncIterable<WatchBatch> {
    for await (const { revision, events } of this.#inner.watch(prefix, from, signal)) {
      const plain = await this.#patiently(() => this.#plainEvents(events), signal);
      if (!plain) return;
      yield { revision, events: plain };
    }
  }

  async history(prefix: string, range: { after: number; upTo: number }): Promise<readonly StoreEvent[]> {
    return await this.#plainEvents(await this.#inner.history(prefix, range));
  }

  /** Whether writing the value under `key` now would encrypt it differently. */
  async isStale(key: string): Promise<boolean> {
    const object = await this.#inner.get(key);
    return object ? (await this.#encryption.chainFor(key).decrypt(object.value, key)).stale : false;
  }

  compact(revision: number): Promise<void> {
    return this.#inner.compact(revision);
  }

  hurry(mostMs: number): void {
    this.#inner.hurry?.(mostMs);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #patiently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        this.#log.error('Cannot follow the store', error);
      }
      try {
        await this.#clock.sleep(retryMs, signal);
      } catch (error) {
        if (isAbort(error, signal)) return undefined;
        throw error;
      }
    }
  }

  async #plainEvents(events: readonly StoreEvent[]): Promise<readonly StoreEvent[]> {
    return await Promise.all(
      events.map(async (event) => ({
        ...event,
        object: await this.#plain(event.object),
        // The object is gone, so it does not matter any more that it was unreadable.
        previous: event.previous && (await this.#marked(event.previous)),
      })),
    );
  }

  async #plain(object: StoredObject | undefined): Promise<StoredObject | undefined> {
    return object && (await this.#decrypt(object));
  }

  async #marked(object: StoredObject): Promise<StoredObject> {
    try {
      return await this.#decrypt(object);
    } catch (error) {
      return { ...object, unreadable: error as Error };
    }
  }

  async #decrypt(object: StoredObject): Promise<StoredObject> {
    const { key, value } = object;
    try {
      const { plain } = await this.#encryption.chainFor(key).decrypt(value, key);
      return plain === value ? object : { ...object, value: plain };
    } catch (cause) {
      throw new Error(`unable to transform key ${JSON.stringify(key)}: ${messageOf(cause)}`, { cause });
    }
  }
}
