import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leases } from '@typernetes/api/coordination/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { FakeApi } from '@typernetes/client/testing';
import { heartbeats } from './heartbeats.ts';

const namespace = 'kube-node-lease';
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

async function beating(
  count: number,
  use: (under: { api: FakeApi; clock: FakeClock; renewals(): string[] }) => Promise<void>,
): Promise<void> {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const names = Array.from({ length: count }, (_, index) => `n${index}`);
  const stop = new AbortController();
  const running = heartbeats({ client: api, names, clock, log: silentLogger, everyMs: 10_000 }).run(stop.signal);
  await turns();
  const renewals = (): string[] => api.writes.splice(0).filter((write) => write.startsWith('patch leases'));
  renewals();
  await use({ api, clock, renewals });
  stop.abort();
  await running;
  assert.equal(clock.pending, 0);
}

test('every lease is made at once and renewed in each interval, evenly', () =>
  beating(200, async ({ api, clock, renewals }) => {
    assert.equal((await api.resource(leases).list({ namespace })).items.length, 200);
    for (let quarter = 0; quarter < 8; quarter++) {
      await clock.advance(2500);
      const { length } = renewals();
      assert.ok(length >= 48 && length <= 52, `${length} in a quarter`);
    }
  }));

test('a server that hangs for long does not get all missed beats afterwards', () =>
  beating(10, async ({ api, clock, renewals }) => {
    const resource = api.resource(leases);
    const { patch } = resource;
    const waiting: (() => void)[] = [];
    resource.patch = async (...args) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return patch.apply(resource, args);
    };
    await clock.advance(100_000);
    resource.patch = patch;
    for (const go of waiting) go();
    await turns();
    const late = renewals().length;
    assert.ok(late <= 20, `${late} at once`);
    await clock.advance(10_000);
    const { length } = renewals();
    assert.ok(length >= 9 && length <= 21, `${length} in a round`);
  }));
