import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { FakeRuntime } from '@typernetes/cri/testing';
import type { Volumes } from '../volumes/volumes.ts';
import { removeOrphans } from './orphans.ts';

test('a failed clean-up of an orphaned pod is retried soon, and then stops', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'orphans-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const clock = new FakeClock();
  const tries: number[] = [];
  const volumes: Pick<Volumes, 'remove'> = {
    remove: async () => {
      tries.push(clock.monotonic());
      if (tries.length < 3) throw new Error('the driver is away');
    },
  };
  const orphans = ['uid-gone'];
  const stop = new AbortController();
  const removing = removeOrphans(
    {
      orphans,
      get: () => undefined,
      recovered: Promise.resolve(),
      forget: (uid) => void orphans.splice(orphans.indexOf(uid), 1),
    },
    {
      runtime: new FakeRuntime({ clock, images: [] }),
      volumes: volumes as Volumes,
      userNamespaces: { release: async () => undefined },
      cgroups: { podUids: async () => new Set<string>(), removeUid: async () => undefined },
      podsDir: join(folder, 'pods'),
      logsDir: join(folder, 'logs'),
      logLinks: { removeDead: async () => undefined },
      clock,
      log: silentLogger,
    },
    stop.signal,
  );
  const began = clock.monotonic();
  while (clock.monotonic() - began < 180_000) {
    await new Promise((resolve) => setImmediate(resolve));
    if (clock.pending > 0) await clock.advance(1000);
  }
  assert.deepEqual(
    tries.map((at) => at - began),
    [0, 2000, 4000],
  );
  stop.abort();
  await removing;
});
