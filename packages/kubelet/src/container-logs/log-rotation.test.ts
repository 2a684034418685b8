import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { RuntimeError } from '@typernetes/cri';
import { LogRotator } from './log-rotator.ts';
import { removeLogs } from './remove-logs.ts';
import { planRotation } from './rotation-plan.ts';

test('keeps as many rotated logs as configured, compressed', () => {
  const names = [
    '0.log',
    '0.log.20260101-000000.gz',
    '0.log.20260101-000001.gz',
    '0.log.20260101-000002',
    '0.log.20260101-000003.tmp',
    '1.log.20260101-000000',
    '0.log.notes',
  ];
  assert.deepEqual(planRotation('0.log', names, 4), {
    remove: ['0.log.20260101-000003.tmp', '0.log.20260101-000000.gz'],
    compress: ['0.log.20260101-000002'],
  });
  assert.deepEqual(planRotation('0.log', names, 2).compress, []);
  const cutShort = ['0.log', '0.log.20260101-000000', '0.log.20260101-000000.gz'];
  assert.deepEqual(planRotation('0.log', cutShort, 5), { remove: ['0.log.20260101-000000'], compress: [] });
});

test('a full log is renamed and a new one begun; nothing is lost when the runtime does not reopen it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'logs-'));
  const clock = new FakeClock();
  const path = join(folder, '0.log');
  let reopen = (): Promise<void> => writeFile(path, '');
  const rotator = new LogRotator({
    runtime: {
      listContainers: async () => [{ id: 'c1' }] as never,
      containerStatus: async () => ({ logPath: path }) as never,
      reopenContainerLog: () => reopen(),
    },
    clock,
    log: silentLogger,
    maxBytes: 10,
    maxFiles: 3,
    intervalMs: 10_000,
  });
  const { signal } = new AbortController();
  try {
    await writeFile(path, 'short');
    await rotator.rotateAll(signal);
    assert.deepEqual(await readdir(folder), ['0.log']);
    for (const text of ['the first part', 'the second part', 'the third part']) {
      await writeFile(path, text);
      await rotator.rotateAll(signal);
      await clock.advance(1000);
    }
    assert.deepEqual((await readdir(folder)).sort(), ['0.log', '0.log.20260101-000001.gz', '0.log.20260101-000002']);
    const compressed = await readFile(join(folder, '0.log.20260101-000001.gz'));
    assert.equal(gunzipSync(compressed).toString(), 'the second part');

    reopen = () => Promise.reject(new RuntimeError('Unavailable', 'it is down'));
    await writeFile(path, 'the fourth part');
    await rotator.rotateAll(signal);
    assert.equal(await readFile(path, 'utf8'), 'the fourth part');

    await writeFile(join(folder, '1.log'), '');
    await removeLogs(path);
    assert.deepEqual(await readdir(folder), ['1.log']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
