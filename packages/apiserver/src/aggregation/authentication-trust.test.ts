import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { FakeApi } from '@typernetes/client/testing';
import { createAuthority } from '@typernetes/pki';
import { combinedTrust, publishTrust, trustPublisher } from './authentication-trust.ts';

const clock = new FakeClock();
const day = 86_400_000;
const authority = async (commonName: string, days = 365) => {
  const validity = { notBefore: clock.now() - day, notAfter: clock.now() + days * day };
  return (await createAuthority({ commonName, ...validity })).certificate;
};
const [old, fresh, proxy] = await Promise.all([authority('old', 1), authority('fresh'), authority('front-proxy')]);
const name = { name: 'extension-apiserver-authentication', namespace: 'kube-system' };
const requestHeader = {
  clientCaFile: 'front-proxy-ca.crt',
  allowedNames: ['front-proxy-client'],
  usernameHeaders: ['X-Remote-User'],
  uidHeaders: [],
  groupHeaders: ['X-Remote-Group'],
  extraHeaderPrefixes: ['X-Remote-Extra-'],
};
const count = (text = ''): number => text.split('BEGIN CERTIFICATE').length - 1;

test('includes front proxies only if their CA is known', () => {
  const without = { requestHeader: undefined, material: { clientCa: old, requestHeaderCa: undefined } };
  assert.deepEqual(Object.keys(combinedTrust({}, without, clock.now())), ['client-ca-file']);
  const data = combinedTrust({}, { requestHeader, material: { clientCa: old, requestHeaderCa: proxy } }, clock.now());
  assert.deepEqual(
    Object.entries(data).filter(([key]) => !key.endsWith('-file')),
    [
      ['requestheader-username-headers', '["X-Remote-User"]'],
      ['requestheader-uid-headers', '[]'],
      ['requestheader-group-headers', '["X-Remote-Group"]'],
      ['requestheader-extra-headers-prefix', '["X-Remote-Extra-"]'],
      ['requestheader-allowed-names', '["front-proxy-client"]'],
    ],
  );
});

test('keeps what other servers have published, without duplicates, and drops expired certificates', () => {
  const of = (clientCa: string) => ({ requestHeader, material: { clientCa, requestHeaderCa: proxy } });
  const first = combinedTrust({ 'requestheader-allowed-names': '["other"]' }, of(old), clock.now());
  const both = combinedTrust(first, of(fresh), clock.now());
  assert.equal(count(both['client-ca-file']), 2);
  assert.equal(count(both['requestheader-client-ca-file']), 1);
  assert.equal(both['requestheader-allowed-names'], '["other","front-proxy-client"]');
  assert.deepEqual(combinedTrust(both, of(fresh), clock.now()), both);
  assert.equal(count(combinedTrust(both, of(fresh), clock.now() + 2 * day)['client-ca-file']), 1);
});

test('publishes again when a file changes, and when somebody has deleted the ConfigMap', async () => {
  const api = new FakeApi({ clock });
  const maps = api.resource(configmaps);
  const material = { clientCa: old, requestHeaderCa: proxy };
  const sources = { requestHeader, material };
  await publishTrust(api, sources, clock.now());
  const stop = new AbortController();
  const running = trustPublisher(sources, { client: api, clock, log: silentLogger }).run(stop.signal);
  try {
    const first = await maps.get(name);
    await clock.advance(30_000);
    assert.equal((await maps.get(name)).metadata.resourceVersion, first.metadata.resourceVersion);
    material.clientCa = fresh;
    await clock.advance(5_000);
    assert.equal(count((await maps.get(name)).data?.['client-ca-file']), 2);
    await maps.delete(name);
    await clock.advance(60_000);
    assert.equal(count((await maps.get(name)).data?.['client-ca-file']), 1);
  } finally {
    stop.abort();
    await running.catch(() => {});
  }
  assert.equal(clock.pending, 0);
});
