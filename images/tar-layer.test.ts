import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LayerEntry, tarLayer, withParents } from './tar-layer.ts';

const entries: LayerEntry[] = [
  { path: 'usr/bin/tool', type: 'file', mode: 0o755, content: 'program' },
  { path: 'usr/bin/alias', type: 'hardlink', target: 'usr/bin/tool', mode: 0o755 },
  { path: 'etc/name', type: 'symlink', target: 'other' },
  { path: 'tmp', type: 'directory', mode: 0o1777 },
];

test('the bytes do not depend on the order of the entries', async () => {
  for (const gzip of [false, true]) {
    const one = await tarLayer(entries, { gzip });
    const other = await tarLayer([...entries].reverse(), { gzip });
    assert.equal(one.digest, other.digest);
    assert.equal(one.diffId, other.diffId);
    assert.equal(gzip, one.digest !== one.diffId);
  }
});

test('directories come before their contents, hard links after their targets', () => {
  assert.deepEqual(
    withParents(entries).map(({ path }) => path),
    ['etc', 'etc/name', 'tmp', 'usr', 'usr/bin', 'usr/bin/tool', 'usr/bin/alias'],
  );
});

test('a later entry replaces an earlier one', () => {
  const later: LayerEntry = { path: 'tmp', type: 'directory', mode: 0o700 };
  assert.deepEqual(
    withParents([...entries, later]).find(({ path }) => path === 'tmp'),
    later,
  );
});
