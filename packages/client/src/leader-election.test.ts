import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leases } from '@typernetes/api/coordination/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import type { EventRecorder } from './events.ts';
import { runAsLeader } from './leader-election.ts';
import { FakeApi } from './testing/index.ts';

const lease = { namespace: 'kube-system', name: 'kube-controller-manager' };

function candidates() {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const leading: string[] = [];
  const recorded: string[] = [];
  const start = (identity: string) => {
    const stop = new AbortController();
    const lead = async (signal: AbortSignal): Promise<void> => {
      leading.push(identity);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      leading.splice(leading.indexOf(identity), 1);
    };
    const events: EventRecorder = {
      event: ({ kind, metadata }, type, reason, message) =>
        void recorded.push([kind, metadata.name, type, reason, message].join(' ')),
    };
    const options = { client: api, lease, identity, clock, log: silentLogger, random: { next: () => 0 }, events };
    return { stop: () => stop.abort(), done: runAsLeader(options, lead, stop.signal) };
  };
  const settled = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, api, leading, recorded, start, settled };
}

test('one leads; when it stops it releases the lease, and the other takes over at its next attempt', async () => {
  const { clock, api, leading, recorded, start, settled } = candidates();
  const a = start('a');
  await settled();
  const b = start('b');
  await settled();
  await clock.advance(60_000);
  assert.deepEqual(leading, ['a']);
  a.stop();
  await a.done;
  await clock.advance(2000);
  await settled();
  assert.deepEqual(leading, ['b']);
  const { spec } = await api.resource(leases).get(lease);
  assert.deepEqual([spec.holderIdentity, spec.leaseTransitions], ['b', 1]);
  assert.deepEqual(
    recorded,
    ['a', 'b'].map((name) => `Lease kube-controller-manager Normal LeaderElection ${name} became leader`),
  );
  b.stop();
  await b.done;
  assert.equal(clock.pending, 0);
});

test('a leader that cannot renew stops leading before its lease expires', async () => {
  const { clock, api, leading, start, settled } = candidates();
  const a = start('a');
  await settled();
  api.fail('get leases.coordination.k8s.io', new Error('connect ECONNREFUSED'), 100);
  const lost = assert.rejects(a.done, /leaderelection lost/);
  await clock.advance(9000);
  assert.deepEqual(leading, ['a']);
  await clock.advance(3000);
  await settled();
  assert.deepEqual(leading, []);
  await lost;
  assert.equal(clock.pending, 0);
});

test('takes the lease of a dead leader when it has expired, by our own clock', async () => {
  const { clock, api, leading, start, settled } = candidates();
  await api.resource(leases).create({
    metadata: lease,
    spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime: '2001-01-01T00:00:00.000000Z' },
  });
  const b = start('b');
  await settled();
  await clock.advance(14_000);
  await settled();
  assert.deepEqual(leading, []);
  await clock.advance(3000);
  await settled();
  assert.deepEqual(leading, ['b']);
  b.stop();
  await b.done;
});
