import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { HostPathVolumeSource } from '@typernetes/api/core/v1';
import { prepareHostPath } from './host-path.ts';

type HostPathType = NonNullable<HostPathVolumeSource['type']>;

test('a host path has the requested type, is created, or is refused', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'host-path-'));
  t.after(() => rm(folder, { recursive: true }));
  const [file, socket, gone] = ['file', 'socket', 'gone'].map((name) => join(folder, name)) as [string, string, string];
  await writeFile(file, 'kept');
  const server = createServer().listen(socket);
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const is: Readonly<Record<string, readonly HostPathType[]>> = {
    [folder]: ['', 'Directory', 'DirectoryOrCreate'],
    [file]: ['', 'File', 'FileOrCreate'],
    [socket]: ['', 'Socket'],
    '/dev/null': ['', 'CharDevice'],
    [gone]: [''],
  };
  const says: Readonly<Record<Exclude<HostPathType, ''>, string>> = {
    Directory: 'is not a directory',
    DirectoryOrCreate: 'is not a directory',
    File: 'is not a file',
    FileOrCreate: 'is not a file',
    Socket: 'is not a socket',
    CharDevice: 'is not a character device',
    BlockDevice: 'is not a block device',
  };
  for (const [path, types] of Object.entries(is)) {
    for (const type of types) assert.equal(await prepareHostPath({ path, type }), path, `${path} ${type}`);
    for (const [type, text] of Object.entries(says) as [HostPathType, string][]) {
      if (types.includes(type) || (path === gone && type.endsWith('OrCreate'))) continue;
      await assert.rejects(prepareHostPath({ path, type }), { message: `hostPath type check failed: ${path} ${text}` });
    }
  }
  assert.equal(await readFile(file, 'utf8'), 'kept');
  await prepareHostPath({ path: join(folder, 'a/b'), type: 'DirectoryOrCreate' });
  await prepareHostPath({ path: join(folder, 'made'), type: 'FileOrCreate' });
  assert.ok((await stat(join(folder, 'a/b'))).isDirectory() && (await stat(join(folder, 'made'))).isFile());
});
