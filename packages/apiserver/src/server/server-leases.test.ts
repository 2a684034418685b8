import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { MemoryStore } from '@typernetes/store';
import { renewMs, ServerLeases, silenceMs } from './server-leases.ts';

test('servers see each other, and notice one that falls silent', async () => {
  const store = new MemoryStore();
  const clock = new FakeClock();
  const of = (address: string): ServerLeases => new ServerLeases({ store, clock, prefix: '/registry', address });
  const [a, b, c] = [of('10.0.0.1'), of('10.0.0.2'), of('10.0.0.3')];
  await c.renew();
  await b.renew();
  assert.deepEqual(await a.renew(), ['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  for (let passed = 0; passed < silenceMs; passed += renewMs) {
    assert.equal((await a.renew()).length, 3);
    await clock.advance(renewMs);
    await b.renew();
  }
  assert.deepEqual(await a.renew(), ['10.0.0.1', '10.0.0.2']);
  assert.deepEqual(await b.renew(), ['10.0.0.1', '10.0.0.2'], 'what one has forgotten is gone for all');
  assert.deepEqual(await c.renew(), ['10.0.0.1', '10.0.0.2', '10.0.0.3'], 'it comes back by itself');
  await b.release();
  assert.deepEqual(await a.renew(), ['10.0.0.1', '10.0.0.3']);
  assert.deepEqual((await store.list('/registry/')).objects, [], 'nothing of it lies among the objects');
});
