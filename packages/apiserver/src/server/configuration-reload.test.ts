import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { configurationReload } from './configuration-reload.ts';

test('a change takes effect as soon as it can be applied, and once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'reload-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'config.yaml');
  writeFileSync(file, 'one');
  const clock = new FakeClock();
  const stop = new AbortController();
  let failures = 2;
  let reloads = 0;
  const reload = async (): Promise<void> => {
    if (failures-- > 0) throw new Error('the webhook cannot be reached');
    reloads++;
  };
  const running = configurationReload({ file, reload }, { clock, log: silentLogger }).run(stop.signal);
  await clock.advance(30_000);
  assert.equal(reloads, 0);
  rmSync(file);
  await clock.advance(10_000);
  writeFileSync(file, 'two');
  await clock.advance(30_000);
  assert.equal(reloads, 1);
  await clock.advance(60_000);
  assert.equal(reloads, 1);
  stop.abort();
  await assert.rejects(running, { name: 'AbortError' });
});
