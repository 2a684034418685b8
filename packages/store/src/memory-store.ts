import {
  type CommitRequest,
  type CommitResult,
  CompactedError,
  type Store,
  type StoredObject,
  type StoreEvent,
  type WatchBatch,
} from './store.ts';
import { WatchHub } from './watch-hub.ts';

/** A store that lives as long as the process: for tests and for clusters that are thrown away. Keeps history until compacted. */
export class MemoryStore implements Store {
  /** The versions of each key, oldest first; a version without an object is a deletion. */
  #versions = new Map<string, { revision: number; object: StoredObject | undefined }[]>();
  #events: StoreEvent[] = [];
  #revision = 1;
  #compacted = 0;
  #hub = new WatchHub();

  currentRevision(): number {
    return this.#revision;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    return this.#current(key);
  }

  async list(
    prefix: string,
    options: { revision?: number; limit?: number; after?: string } = {},
  ): Promise<{ revision: number; objects: StoredObject[]; more: boolean }> {
    const revision = options.revision ?? this.#revision;
    if (revision < this.#compacted) throw new CompactedError(this.#compacted);
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    const after = options.after ?? '';
    const objects: StoredObject[] = [];
    const keys = [...this.#versions.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    for (const key of keys) {
      const object = this.#versions.get(key)?.findLast((version) => version.revision <= revision)?.object;
      if (!object) continue;
      if (objects.length === limit) return { revision, objects, more: true };
      objects.push(object);
    }
    return { revision, objects, more: false };
  }

  async commit({ key, value, expectedRevision }: CommitRequest): Promise<CommitResult> {
    const previous = this.#current(key);
    if ((previous?.modRevision ?? 0) !== expectedRevision || (value === undefined && !previous))
      return { ok: false, current: previous };
    const revision = ++this.#revision;
    const object = value && {
      key,
      value,
      createRevision: previous?.createRevision ?? revision,
      modRevision: revision,
    };
    const versions = this.#versions.get(key) ?? [];
    versions.push({ revision, object });
    this.#versions.set(key, versions);
    const event: StoreEvent = { type: object ? 'put' : 'delete', key, revision, object, previous };
    this.#events.push(event);
    this.#hub.publish([event]);
    return { ok: true, revision };
  }

  async *watch(prefix: string, from: number, signal: AbortSignal): AsyncIterable<WatchBatch> {
    yield* this.#hub.watch(prefix, () => this.#since(prefix, { after: from, upTo: this.#revision }), signal);
  }

  async history(prefix: string, range: { after: number; upTo: number }): Promise<readonly StoreEvent[]> {
    return this.#since(prefix, range);
  }

  async compact(revision: number): Promise<void> {
    if (revision <= this.#compacted) return;
    this.#compacted = Math.min(revision, this.#revision);
    this.#events = this.#events.filter((event) => event.revision > this.#compacted);
    for (const [key, versions] of this.#versions) {
      const oldestKept = versions.findLastIndex((version) => version.revision <= this.#compacted);
      const kept = versions.slice(versions[oldestKept]?.object ? oldestKept : oldestKept + 1);
      if (kept.length === 0) this.#versions.delete(key);
      else this.#versions.set(key, kept);
    }
  }

  async close(): Promise<void> {
    this.#hub.close();
  }

  #since(prefix: string, { after, upTo }: { after: number; upTo: number }): StoreEvent[] {
    if (after < this.#compacted) throw new CompactedError(this.#compacted);
    return this.#events.filter(({ revision, key }) => revision > after && revision <= upTo && key.startsWith(prefix));
  }

  #current(key: string): StoredObject | undefined {
    return this.#versions.get(key)?.at(-1)?.object;
  }
}
