import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { keyOf } from '@typernetes/machinery';
import { controller } from './controller-loop.ts';
import { type Result, TerminalError } from './reconciler.ts';
import { sharedInformers } from './shared-informers.ts';
import { FakeApi } from './testing/index.ts';
import { wakeOn } from './wakes.ts';

async function running(
  reconcile: (key: string) => Promise<Result>,
  use: (of: { api: FakeApi; clock: FakeClock; settled: () => Promise<void> }) => Promise<void>,
  options: { maxRetryMs?: number } = {},
): Promise<void> {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const informers = sharedInformers({ client: api, clock, log: silentLogger });
  const loop = controller({
    reconciler: { name: 'test', reconcile },
    wakes: [wakeOn(informers.for(configmaps), keyOf)],
    clock,
    log: silentLogger,
    ...options,
  });
  const stop = new AbortController();
  const parts = [informers.run(stop.signal), loop.run(stop.signal)];
  const settled = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  await settled();
  await use({ api, clock, settled });
  stop.abort();
  await Promise.all(parts);
  assert.equal(clock.pending, 0);
}

const draft = (name: string) => ({ metadata: { name, namespace: 'shop' } });

test('a failure is retried with back-off, a terminal one is not', async () => {
  const calls: string[] = [];
  await running(
    (key) => {
      calls.push(key);
      if (key === 'shop/never') return Promise.reject(new TerminalError('no use'));
      return calls.length < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve({});
    },
    async ({ api, clock, settled }) => {
      await api.resource(configmaps).create(draft('later'));
      await settled();
      await clock.advance(5);
      await clock.advance(10);
      await settled();
      assert.deepEqual(calls, ['shop/later', 'shop/later', 'shop/later']);
      await api.resource(configmaps).create(draft('never'));
      await clock.advance(60_000);
      assert.equal(calls.filter((key) => key === 'shop/never').length, 1);
    },
  );
});

test('the back-off has a maximum', async () => {
  let calls = 0;
  await running(
    () => {
      calls++;
      return Promise.reject(new Error('not yet'));
    },
    async ({ api, clock, settled }) => {
      await api.resource(configmaps).create(draft('stuck'));
      await settled();
      for (let i = 0; i < 20; i++) await clock.advance(20);
      assert.ok(calls >= 20, `${calls} attempts in 400 ms`);
    },
    { maxRetryMs: 20 },
  );
});

test('a key is never processed twice at once, others continue; requeueAfterMs calls again', async () => {
  const underWay = new Set<string>();
  const calls: string[] = [];
  const gate = Promise.withResolvers<void>();
  await running(
    async (key) => {
      assert.ok(!underWay.has(key));
      underWay.add(key);
      calls.push(key);
      if (calls.length === 1) await gate.promise;
      underWay.delete(key);
      return key === 'shop/b' && calls.length === 2 ? { requeueAfterMs: 1000 } : {};
    },
    async ({ api, clock, settled }) => {
      const created = await api.resource(configmaps).create(draft('a'));
      await settled();
      await api.resource(configmaps).update({ ...created, data: { x: 'y' } });
      await api.resource(configmaps).create(draft('b'));
      await settled();
      assert.deepEqual(calls, ['shop/a', 'shop/b']);
      gate.resolve();
      await settled();
      assert.deepEqual(calls, ['shop/a', 'shop/b', 'shop/a']);
      await clock.advance(1000);
      await settled();
      assert.deepEqual(calls, ['shop/a', 'shop/b', 'shop/a', 'shop/b']);
    },
  );
});
