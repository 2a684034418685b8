import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CompactedError, type Store, type StoreEvent } from './store.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined): string => new TextDecoder().decode(value);

/** What every store promises. `open` makes an empty one; `reopen`, where the store is durable, closes it and opens it again. */
export function storeConformance(
  name: string,
  open: () => Promise<Store>,
  reopen?: (store: Store) => Promise<Store>,
): void {
  describe(`Store contract: ${name}`, () => {
    const put = async (store: Store, key: string, value: string, expectedRevision = 0): Promise<number> => {
      const result = await store.commit({ key, value: bytes(value), expectedRevision });
      assert.ok(result.ok, `commit of ${key}`);
      return result.revision;
    };
    const remove = async (store: Store, key: string, expectedRevision: number): Promise<number> => {
      const result = await store.commit({ key, value: undefined, expectedRevision });
      assert.ok(result.ok, `delete of ${key}`);
      return result.revision;
    };
    const collect = async (store: Store, prefix: string, from: number, count: number): Promise<StoreEvent[]> => {
      const events: StoreEvent[] = [];
      const stop = new AbortController();
      for await (const batch of store.watch(prefix, from, stop.signal)) {
        events.push(...batch.events);
        if (events.length >= count) break;
      }
      return events;
    };

    it('numbers commits one by one and keeps the creation revision', async () => {
      const store = await open();
      const start = await store.currentRevision();
      assert.ok(start > 0);
      const first = await put(store, '/a', 'one');
      const second = await put(store, '/a', 'two', first);
      assert.deepEqual([first, second], [start + 1, start + 2]);
      const read = await store.get('/a');
      assert.deepEqual(
        { ...read, value: text(read?.value) },
        { key: '/a', value: 'two', createRevision: first, modRevision: second },
      );
      assert.equal(await store.currentRevision(), second);
      await store.close();
    });

    it('refuses a commit whose expected revision is not the current one, and shows what is there', async () => {
      const store = await open();
      const revision = await put(store, '/a', 'one');
      for (const expectedRevision of [0, revision + 1]) {
        const result = await store.commit({ key: '/a', value: bytes('x'), expectedRevision });
        assert.ok(!result.ok);
        assert.equal(text(result.current?.value), 'one');
      }
      assert.deepEqual(await store.commit({ key: '/none', value: undefined, expectedRevision: 0 }), {
        ok: false,
        current: undefined,
      });
      assert.equal(await store.currentRevision(), revision);
      await store.close();
    });

    it('lets exactly one of several racing commits win', async () => {
      const store = await open();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) => store.commit({ key: '/a', value: bytes(`${i}`), expectedRevision: 0 })),
      );
      assert.equal(results.filter((result) => result.ok).length, 1);
      await store.close();
    });

    it('creates anew after a delete', async () => {
      const store = await open();
      const first = await put(store, '/a', 'one');
      await remove(store, '/a', first);
      assert.equal(await store.get('/a'), undefined);
      const third = await put(store, '/a', 'three');
      assert.equal((await store.get('/a'))?.createRevision, third);
      await store.close();
    });

    it('lists a prefix in key order, in pages, at a revision', async () => {
      const store = await open();
      for (const key of ['/p/c', '/p/a', '/q/x', '/p/b']) await put(store, key, key);
      const { revision, objects, more } = await store.list('/p/');
      assert.deepEqual([objects.map((o) => o.key), more], [['/p/a', '/p/b', '/p/c'], false]);

      const page = await store.list('/p/', { limit: 2 });
      assert.deepEqual([page.objects.map((o) => o.key), page.more], [['/p/a', '/p/b'], true]);

      const a = page.objects[0];
      await remove(store, '/p/a', a?.modRevision ?? 0);
      await put(store, '/p/d', 'new');
      const then = await store.list('/p/', { revision, limit: 2 });
      assert.deepEqual([then.objects.map((o) => o.key), then.more, then.revision], [['/p/a', '/p/b'], true, revision]);
      const rest = await store.list('/p/', { revision, limit: 2, after: '/p/b' });
      assert.deepEqual([rest.objects.map((o) => o.key), rest.more], [['/p/c'], false]);
      assert.deepEqual(
        (await store.list('/p/')).objects.map((o) => o.key),
        ['/p/b', '/p/c', '/p/d'],
      );
      await store.close();
    });

    it('replays history to a watcher and goes on with what is new, without gap or repeat', async () => {
      const store = await open();
      const start = await store.currentRevision();
      const first = await put(store, '/p/a', 'one');
      const second = await put(store, '/p/a', 'two', first);
      await put(store, '/q/other', 'x');
      const watching = collect(store, '/p/', start, 4);
      const added = await put(store, '/p/b', 'b');
      await remove(store, '/p/a', second);
      const events = await watching;
      assert.deepEqual(
        events.map((e) => [e.type, e.key, text(e.object?.value), text(e.previous?.value)]),
        [
          ['put', '/p/a', 'one', ''],
          ['put', '/p/a', 'two', 'one'],
          ['put', '/p/b', 'b', ''],
          ['delete', '/p/a', '', 'two'],
        ],
      );
      assert.deepEqual(
        events.map((e) => e.revision),
        [first, second, added, added + 1],
      );
      assert.deepEqual(
        (await collect(store, '/p/', second, 2)).map((e) => e.revision),
        [added, added + 1],
      );
      await store.close();
    });

    it('tells what happened between two revisions', async () => {
      const store = await open();
      const first = await put(store, '/p/a', 'one');
      const second = await put(store, '/p/a', 'two', first);
      await put(store, '/q/other', 'x');
      const gone = await remove(store, '/p/a', second);
      await put(store, '/p/b', 'later');
      const events = await store.history('/p/', { after: first, upTo: gone });
      assert.deepEqual(
        events.map((e) => [e.type, e.revision, text(e.object?.value), text(e.previous?.value)]),
        [
          ['put', second, 'two', 'one'],
          ['delete', gone, '', 'two'],
        ],
      );
      await store.compact(second);
      await assert.rejects(store.history('/p/', { after: first, upTo: gone }), CompactedError);
      assert.equal((await store.history('/p/', { after: second, upTo: gone })).length, 1);
      await store.close();
    });

    it('has shown a commit to watchers that waited before it resolves', async () => {
      const store = await open();
      const stop = new AbortController();
      const seen: number[] = [];
      const start = await store.currentRevision();
      const watching = (async () => {
        for await (const batch of store.watch('/', start, stop.signal))
          seen.push(...batch.events.map((e) => e.revision));
      })();
      const revisions = await Promise.all(Array.from({ length: 50 }, (_, i) => put(store, `/k${i}`, 'v')));
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(
        seen,
        revisions.toSorted((a, b) => a - b),
      );
      stop.abort();
      await watching;
      await store.close();
    });

    it('tells a watcher that nothing happened under its prefix', async () => {
      const store = await open();
      const start = await store.currentRevision();
      const stop = new AbortController();
      const first = (async () => {
        for await (const batch of store.watch('/p/', start, stop.signal)) return batch;
        return undefined;
      })();
      const revision = await put(store, '/q/other', 'x');
      assert.deepEqual(await first, { revision, events: [] });
      await store.close();
    });

    it('ends a watch when its signal aborts and when the store closes', async () => {
      const store = await open();
      const stop = new AbortController();
      const start = await store.currentRevision();
      const drain = async (signal: AbortSignal): Promise<void> => {
        for await (const _ of store.watch('/', start, signal));
      };
      const [aborted, closed] = [drain(stop.signal), drain(new AbortController().signal)];
      await put(store, '/a', 'one');
      stop.abort();
      await aborted;
      await store.close();
      await closed;
    });

    it('forgets history on compaction and keeps the present', async () => {
      const store = await open();
      const first = await put(store, '/p/a', 'one');
      const second = await put(store, '/p/a', 'two', first);
      const gone = await put(store, '/p/b', 'b');
      const deleted = await remove(store, '/p/b', gone);
      await store.compact(deleted);
      const expectCompacted = (error: unknown): boolean => error instanceof CompactedError && error.oldest === deleted;
      await assert.rejects(store.list('/p/', { revision: second }), expectCompacted);
      await assert.rejects(collect(store, '/p/', second, 1), expectCompacted);
      assert.deepEqual(
        (await store.list('/p/', { revision: deleted })).objects.map((o) => text(o.value)),
        ['two'],
      );
      assert.equal(await store.currentRevision(), deleted);
      const next = await put(store, '/p/a', 'three', second);
      const [event] = await collect(store, '/p/', deleted, 1);
      assert.deepEqual([event?.revision, text(event?.previous?.value)], [next, 'two']);
      await store.close();
    });

    if (reopen)
      it('is the same after it was closed and opened', async () => {
        let store = await open();
        const first = await put(store, '/a', 'one');
        const last = await remove(store, '/a', first);
        await store.compact(last);
        store = await reopen(store);
        assert.equal(await store.currentRevision(), last);
        await assert.rejects(store.list('/', { revision: first }), CompactedError);
        assert.equal(await put(store, '/a', 'again'), last + 1);
        await store.close();
      });
  });
}
