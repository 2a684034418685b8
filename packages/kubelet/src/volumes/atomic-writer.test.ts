import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type VolumeFile, writeAtomically } from './atomic-writer.ts';

const file = (content: string, mode = 0o644): { content: string; mode: number } => ({ content, mode });

test('a new version replaces the old one as a whole', async () => {
  const target = await mkdtemp(join(tmpdir(), 'atomic-'));
  try {
    await writeAtomically(
      target,
      new Map([
        ['a', file('1')],
        ['dir/b', file('2', 0o600)],
      ]),
      { version: '..v1' },
    );
    assert.equal(await readFile(join(target, 'a'), 'utf8'), '1');
    assert.equal(await readFile(join(target, 'dir/b'), 'utf8'), '2');
    assert.equal((await stat(join(target, 'dir/b'))).mode & 0o777, 0o600);
    assert.equal(await readlink(join(target, 'a')), '..data/a');

    await writeAtomically(target, new Map([['a', file('3')]]), { version: '..v2' });
    assert.equal(await readFile(join(target, 'a'), 'utf8'), '3');
    assert.deepEqual((await readdir(target)).sort(), ['..data', '..v2', 'a']);

    await writeAtomically(target, new Map([['a', file('3')]]), { version: '..v3' });
    assert.equal(await readlink(join(target, '..data')), '..v2', 'the same content is not written again');
  } finally {
    await rm(target, { recursive: true });
  }
});

test("files belong to their owner; the volume's group may read what the owner may, and write nothing", async () => {
  const target = await mkdtemp(join(tmpdir(), 'atomic-'));
  const [owner, fsGroup] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  try {
    const payload = new Map<string, VolumeFile>([
      ['private', { ...file('1', 0o600), owner }],
      ['public', file('2')],
      ['read-only', file('3', 0o400)],
    ]);
    await writeAtomically(target, payload, { version: '..v1', fsGroup });
    const found = await Promise.all([...payload.keys()].map((path) => stat(join(target, path))));
    assert.deepEqual(
      found.map(({ mode }) => mode & 0o777),
      [0o640, 0o644, 0o440],
    );
    assert.deepEqual([found[0]?.uid, found[0]?.gid], [owner, fsGroup]);
  } finally {
    await rm(target, { recursive: true });
  }
});
