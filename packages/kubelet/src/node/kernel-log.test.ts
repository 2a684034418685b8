import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openKernelLog } from './kernel-log.ts';

test('what the kernel says is read without waiting for more', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kernel-log-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'kmsg');
  execFileSync('mkfifo', [path]);
  const log = await openKernelLog(path);
  const kernel = await open(path, 'w');
  assert.deepEqual(await log.read(), []);
  await kernel.write('6,339,5140900,-;NET: Registered; protocol family 10\n SUBSYSTEM=net\n');
  assert.deepEqual(await log.read(), ['NET: Registered; protocol family 10']);
  assert.deepEqual(await log.read(), []);
  await log.close();
  await kernel.close();
  await assert.rejects(openKernelLog(join(folder, 'none')), { code: 'ENOENT' });
});
