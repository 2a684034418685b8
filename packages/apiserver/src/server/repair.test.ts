import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namespaces } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { FakeApi } from '@typernetes/client/testing';
import { ensureSystemNamespaces, systemNamespaces } from './bootstrap.ts';
import { repair } from './repair.ts';

test('recreates a deleted object, even if that fails at first', async () => {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  await ensureSystemNamespaces(api);
  const stop = new AbortController();
  const part = repair(
    { what: 'namespaces', everyMs: 60_000, ensure: () => ensureSystemNamespaces(api) },
    { clock, log: silentLogger },
  );
  const running = part.run(stop.signal);
  await api.resource(namespaces).delete({ name: 'kube-node-lease' });
  api.fail('create namespaces', new Error('read ECONNRESET'));
  await clock.advance(60_000);
  await clock.advance(60_000);
  const { items } = await api.resource(namespaces).list();
  assert.deepEqual(items.map(({ metadata }) => metadata.name).sort(), [...systemNamespaces].sort());
  stop.abort();
  await assert.rejects(running, { name: 'AbortError' });
  assert.equal(clock.pending, 0);
});
