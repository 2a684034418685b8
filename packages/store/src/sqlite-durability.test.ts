import assert from 'node:assert/strict';
import { copyFileSync, fstatSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { MemoryStore } from './memory-store.ts';
import { SqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';

const folder = mkdtempSync(join(tmpdir(), 'store-durability-'));
after(() => rmSync(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const put = (store: Store, key: string, value = 'v', expectedRevision = 0) =>
  store.commit({ key, value: bytes(value), expectedRevision });

test('a write is not visible before it is on disk', async () => {
  let disk = Promise.withResolvers<void>();
  const asked: (() => void)[] = [];
  const store = new SqliteStore(join(folder, 'late.db'), {
    sync: () => {
      asked.shift()?.();
      return disk.promise;
    },
  });
  const stop = new AbortController();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const { events } of store.watch('/', 1, stop.signal)) seen.push(...events.map(({ key }) => key));
  })();
  const written = new Promise<void>((resolve) => asked.push(resolve));
  const order: string[] = [];
  const commit = put(store, '/a').then(() => order.push('committed'));
  await written;
  const before = await store.currentRevision();
  assert.deepEqual(await store.history('/', { after: 1, upTo: 99 }).then((events) => events.length), 0);
  const reading = store.get('/a').then((object) => order.push(`read ${object?.modRevision}`));
  const listing = store.list('/').then(({ objects }) => order.push(`listed ${objects.length}`));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([order, seen], [[], []]);
  disk.resolve();
  await Promise.all([commit, reading, listing]);
  assert.deepEqual(order.toSorted(), ['committed', 'listed 1', `read ${before + 1}`]);
  assert.deepEqual(seen, ['/a']);
  disk = Promise.withResolvers();
  disk.resolve();
  stop.abort();
  await watching;
  await store.close();
});

test('when a sync fails, nothing is acknowledged or read until the store is reopened', async () => {
  const path = join(folder, 'failing.db');
  let fails = false;
  const store = new SqliteStore(path, { sync: async () => assert.ok(!fails, 'EIO') });
  assert.ok((await put(store, '/a')).ok);
  fails = true;
  await assert.rejects(put(store, '/b'), /Cannot commit to the store: the disk failed: EIO/);
  fails = false;
  await assert.rejects(put(store, '/c'), /the disk failed/);
  await assert.rejects(store.get('/a'), /Cannot read from the store: the disk failed/);
  await store.close();
  const again = new SqliteStore(path);
  assert.ok(await again.get('/a'));
  assert.ok((await put(again, '/c')).ok);
  await again.close();
});

test('acknowledged writes survive power loss, also around checkpoints', async () => {
  const path = join(folder, 'power.db');
  // The disk's contents: each file as of its last sync.
  const disk = join(folder, 'disk.db');
  let databaseSyncs = 0;
  const store = new SqliteStore(path, {
    sync: async (descriptor) => {
      const isDatabase = fstatSync(descriptor).ino === statSync(path).ino;
      if (isDatabase) databaseSyncs++;
      copyFileSync(isDatabase ? path : `${path}-wal`, isDatabase ? disk : `${disk}-wal`);
    },
  });
  copyFileSync(path, disk);
  const value = 'x'.repeat(400_000);
  for (let i = 0; i < 45; i++) {
    assert.ok((await put(store, `/${i}`, value)).ok);
    if (i % 10 < 8) continue;
    const found = join(folder, `found-${i}.db`);
    copyFileSync(disk, found);
    copyFileSync(`${disk}-wal`, `${found}-wal`);
    const survivor = new SqliteStore(found);
    assert.equal((await survivor.list('/')).objects.length, i + 1);
    await survivor.close();
    rmSync(found);
  }
  assert.ok(databaseSyncs > 1);
  await store.close();
});

test('compaction in steps has the same result as in one, while others write', async () => {
  const path = join(folder, 'compacted.db');
  const [store, model] = [new SqliteStore(path), new MemoryStore()];
  const revisions = new Map<string, number>();
  for (let i = 0; i < 1700; i++) {
    const key = `/${(i * i) % 37}`;
    const deletes = revisions.has(key) && i % 5 === 0;
    const request = {
      key,
      value: deletes ? undefined : bytes(`${i}`),
      expectedRevision: revisions.get(key) ?? 0,
    };
    const [ours, theirs] = [store.commit(request), await model.commit(request)];
    assert.ok(theirs.ok);
    if (deletes) revisions.delete(key);
    else revisions.set(key, theirs.revision);
    if (i % 100 === 0) assert.deepEqual(await ours, theirs);
  }
  const newest = await model.currentRevision();
  await Promise.all([store.compact(newest - 100), put(store, '/new'), put(model, '/new')]);
  await model.compact(newest - 100);
  for (let revision = newest - 100; revision <= newest + 1; revision += 7)
    assert.deepEqual(await store.list('/', { revision }), await model.list('/', { revision }));
  const range = { after: newest - 100, upTo: newest + 1 };
  assert.deepEqual(await store.history('/', range), await model.history('/', range));
  await store.close();
  await model.close();
});

test('compaction returns free space to the file system', async () => {
  const path = join(folder, 'shrinking.db');
  const store = new SqliteStore(path);
  const value = 'x'.repeat(100_000);
  const commits = await Promise.all(Array.from({ length: 200 }, (_, i) => put(store, `/${i}`, value)));
  const gone = commits.map((commit, i) =>
    store.commit({ key: `/${i}`, value: undefined, expectedRevision: commit.ok ? commit.revision : 0 }),
  );
  await Promise.all(gone);
  await store.compact(await store.currentRevision());
  await store.close();
  assert.ok(statSync(path).size < 6_000_000);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('shrinking')),
    ['shrinking.db'],
  );
});
