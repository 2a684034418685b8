import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pack } from 'tar-stream';
import { archiveOf, extractArchive } from './archive.ts';
import { fileSpec } from './file-spec.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubectl-cp-'));
after(() => rmSync(folder, { recursive: true }));

test('what the sides of a copy may be', () => {
  assert.deepEqual(fileSpec('a/b'), { namespace: '', pod: '', path: 'a/b' });
  assert.deepEqual(fileSpec('web:/tmp/x'), { namespace: '', pod: 'web', path: '/tmp/x' });
  assert.deepEqual(fileSpec('shop/web:x'), { namespace: 'shop', pod: 'web', path: 'x' });
  assert.deepEqual(fileSpec('./a:b'), { namespace: '', pod: '', path: './a:b' });
  assert.throws(() => fileSpec(':x'), /filespec must match the canonical format/);
});

test('a folder goes into an archive and comes out of it elsewhere', async () => {
  const from = join(folder, 'from');
  mkdirSync(join(from, 'deep', 'empty'), { recursive: true });
  const long = 'n'.repeat(180);
  writeFileSync(join(from, 'deep', long), 'x'.repeat(100_000));
  writeFileSync(join(from, 'plain'), 'text');
  const archive = archiveOf(from, 'data');
  const to = join(folder, 'to');
  await extractArchive(archive, { prefix: 'data', destination: to, warn: assert.fail });
  await archive.done;
  assert.equal(readFileSync(join(to, 'plain'), 'utf8'), 'text');
  assert.equal(readFileSync(join(to, 'deep', long), 'utf8').length, 100_000);
});

test('an archive writes nothing outside of its destination', async () => {
  const archive = pack();
  archive.entry({ name: 'data/../../evil' }, 'x');
  archive.finalize();
  const to = join(folder, 'safe');
  await assert.rejects(
    extractArchive(archive as unknown as AsyncIterable<Uint8Array>, {
      prefix: 'data',
      destination: to,
      warn: () => undefined,
    }),
    /tar contents corrupted/,
  );
  const linked = pack();
  linked.entry({ name: 'data/link', type: 'symlink', linkname: '/etc/passwd' });
  linked.finalize();
  const warnings: string[] = [];
  await extractArchive(linked as unknown as AsyncIterable<Uint8Array>, {
    prefix: 'data',
    destination: to,
    warn: (text) => void warnings.push(text),
  });
  assert.match(warnings.join(), /skipping symlink/);
});
