import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { restoreSnapshot, snapshotStatus } from './sqlite-snapshot.ts';
import { SqliteStore } from './sqlite-store.ts';
import { CompactedError } from './store.ts';

const folder = mkdtempSync(join(tmpdir(), 'store-snapshot-'));
after(() => rmSync(folder, { recursive: true }));
const value = (text: string): Uint8Array => Buffer.from(text);

test('a snapshot is consistent, and restored under a higher revision without history', async () => {
  const store = new SqliteStore(join(folder, 'store.db'));
  const [file, path] = [join(folder, 'snapshot.db'), join(folder, 'restored', 'store.db')];
  for (let i = 0; i < 50; i++) await store.commit({ key: `/a/${i}`, value: value(`${i}`), expectedRevision: 0 });
  const [first] = (await store.list('/a/0')).objects;
  await store.commit({ key: '/a/0', value: undefined, expectedRevision: first?.modRevision ?? 0 });
  const taken = store.snapshot(file);
  await store.commit({ key: '/b', value: value('meanwhile'), expectedRevision: 0 });
  await taken;
  await store.close();

  assert.equal(statSync(file).mode & 0o777, 0o600);
  const { revision, keys, hash } = snapshotStatus(file);
  assert.ok(keys === 49 || keys === 50, `${keys} keys`);
  assert.match(hash, /^[0-9a-f]{8}$/);

  const restored = restoreSnapshot(file, { path, bumpRevision: 1000 });
  assert.equal(restored, revision + 1000);
  const again = new SqliteStore(path);
  try {
    assert.equal(await again.currentRevision(), restored);
    const { objects } = await again.list('/a/');
    assert.equal(objects.length, 49);
    await assert.rejects(again.history('/a/', { after: revision, upTo: restored }), CompactedError);
    assert.deepEqual(await again.history('/a/', { after: restored, upTo: restored }), []);
    const [object] = objects;
    const written = await again.commit({
      key: object?.key ?? '',
      value: value('new'),
      expectedRevision: object?.modRevision ?? 0,
    });
    assert.deepEqual(written, { ok: true, revision: restored + 1 });
    await again.compact(restored + 1);
  } finally {
    await again.close();
  }
  const reopened = new SqliteStore(path);
  assert.equal(await reopened.currentRevision(), restored + 1);
  await reopened.close();
  assert.throws(() => restoreSnapshot(file, { path, bumpRevision: 1 }), /store\.db" exists/);
});

test('snapshots are taken while others write', async () => {
  const store = new SqliteStore(':memory:');
  let [done, written] = [false, 0];
  const writers = [1, 2, 3, 4].map(async (writer) => {
    while (!done && written < 3000)
      await store.commit({ key: `/${writer}/${written++}`, value: value('x'.repeat(100)), expectedRevision: 0 });
  });
  // Without a repetition half of them failed.
  for (let i = 0; i < 20; i++) {
    const file = join(folder, `busy-${i}.db`);
    await store.snapshot(file);
    snapshotStatus(file);
  }
  done = true;
  await Promise.all(writers);
  await store.close();
});

test('refuses an incomplete snapshot, and leaves nothing behind', async () => {
  const store = new SqliteStore(join(folder, 'other.db'));
  for (let i = 0; i < 200; i++)
    await store.commit({ key: `/a/${i}`, value: value('x'.repeat(500)), expectedRevision: 0 });
  const file = join(folder, 'cut.db');
  await store.snapshot(file);
  await store.close();
  truncateSync(file, 40_000);
  const path = join(folder, 'nothing', 'store.db');
  assert.throws(() => snapshotStatus(file), /"[^"]*cut\.db": not a whole snapshot of a store: /);
  assert.throws(() => restoreSnapshot(file, { path, bumpRevision: 1 }), /not a whole snapshot/);
  const text = join(folder, 'text');
  writeFileSync(text, 'no database at all');
  assert.throws(() => snapshotStatus(text), /not a whole snapshot/);
  assert.throws(() => statSync(path));
});
