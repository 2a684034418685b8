import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leases } from '@typernetes/api/coordination/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { FakeApi } from '@typernetes/client/testing';
import { IdentityLease, serverId } from './identity-lease.ts';

test("a server is identified by a hash of its machine's name", () => {
  assert.match(serverId('control-plane-1'), /^apiserver-[a-z2-7]{26}$/);
  assert.equal(serverId('control-plane-1'), serverId('control-plane-1'));
  // The first 16 bytes of its SHA-256 in Base32.
  assert.equal(serverId('node-1'), 'apiserver-gwlrxzxjxmbevckvql7a4qxaja');
});

test('renews its lease, and removes only those of servers that are gone', async () => {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const resource = api.resource(leases);
  const lease = (hostname: string) =>
    new IdentityLease({ client: api, hostname, durationSeconds: 3600, renewMs: 10_000, clock, log: silentLogger });
  await lease('gone').renew();
  await resource.create({ metadata: { namespace: 'kube-system', name: 'kube-scheduler' }, spec: {} });
  const stop = new AbortController();
  const running = lease('here')
    .run(stop.signal)
    .catch(() => {});
  const ref = { namespace: 'kube-system', name: serverId('here') };
  try {
    await clock.advance(1_000);
    const first = await resource.get(ref);
    assert.deepEqual(first.metadata.labels, {
      'apiserver.kubernetes.io/identity': 'kube-apiserver',
      'kubernetes.io/hostname': 'here',
    });
    assert.match(first.spec?.holderIdentity ?? '', new RegExp(`^${ref.name}_[0-9a-f-]{36}$`));
    await clock.advance(10_000);
    const second = await resource.get(ref);
    assert.ok((second.spec?.renewTime ?? '') > (first.spec?.renewTime ?? ''));
    assert.equal(second.spec?.holderIdentity, first.spec?.holderIdentity);
    await clock.advance(3_700_000);
    const left = (await resource.list({ namespace: 'kube-system' })).items.map(({ metadata }) => metadata.name);
    assert.deepEqual(left.sort(), [serverId('here'), 'kube-scheduler'].sort());
  } finally {
    stop.abort();
    await running;
  }
  assert.equal(clock.pending, 0);
});
