import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { extract, type Header, pack } from 'tar-stream';
import { archiveOf, extractArchive } from './archive.ts';
import { fileSpec } from './file-spec.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubectl-cp-'));
after(() => rmSync(folder, { recursive: true }));

test('parses the sides of a copy', () => {
  assert.deepEqual(fileSpec('a/b'), { namespace: '', pod: '', path: 'a/b' });
  assert.deepEqual(fileSpec('web:/tmp/x'), { namespace: '', pod: 'web', path: '/tmp/x' });
  assert.deepEqual(fileSpec('shop/web:x'), { namespace: 'shop', pod: 'web', path: 'x' });
  assert.deepEqual(fileSpec('./a:b'), { namespace: '', pod: '', path: './a:b' });
  assert.throws(() => fileSpec(':x'), /filespec must match the canonical format/);
});

test('archives a folder and extracts it elsewhere', async () => {
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

test('extraction writes nothing outside of its destination', async () => {
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

test('an archive has owners, modes and pipes', async () => {
  const from = join(folder, 'owned');
  mkdirSync(from);
  writeFileSync(join(from, 'none'), 'x');
  chmodSync(join(from, 'none'), 0);
  execFileSync('mkfifo', ['-m', '640', join(from, 'pipe')]);
  const { uid, gid } = statSync(join(from, 'none'));
  const heads = new Map<string, Header>();
  const archive = archiveOf(from, 'd');
  const reader = extract();
  const reading = (async (): Promise<void> => {
    for await (const entry of reader) {
      heads.set(entry.header.name, entry.header);
      entry.resume();
    }
  })();
  for await (const chunk of archive) reader.write(chunk);
  reader.end(undefined);
  await reading;
  assert.deepEqual(
    [...heads].map(([name, head]) => [name, head.mode, head.type, head.uid, head.gid]),
    [
      ['d/none', 0, 'file', uid, gid],
      ['d/pipe', 0o640, 'fifo', uid, gid],
    ],
  );
});

test('extracts files to any destination, unless a file is in the way', async () => {
  const files = (): AsyncIterable<Uint8Array> => {
    const archive = pack();
    archive.entry({ name: 'x/y' }, 'x');
    archive.finalize();
    return archive as unknown as AsyncIterable<Uint8Array>;
  };
  const to = join(folder, 'all');
  await extractArchive(files(), { prefix: '', destination: to, warn: assert.fail });
  assert.deepEqual(readdirSync(join(to, 'x')), ['y']);
  const file = join(folder, 'file');
  writeFileSync(file, '');
  for (const destination of [file, join(file, 'below')])
    await assert.rejects(extractArchive(files(), { prefix: 'x', destination, warn: assert.fail }), {
      message: `mkdir ${file}: not a directory`,
    });
});
