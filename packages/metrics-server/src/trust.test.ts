import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { introduced, readTrust } from './trust.ts';

const now = Date.UTC(2026, 0, 1);
const validity = { notBefore: now - 60_000, notAfter: now + 86_400_000 };
const [clients, proxies] = await Promise.all([
  createAuthority({ commonName: 'kubernetes', ...validity }),
  createAuthority({ commonName: 'front-proxy-ca', ...validity }),
]);
const certificate = async (ca: typeof clients, commonName: string, organizations: string[] = []) =>
  new X509Certificate(
    (await createLeaf(ca, { commonName, organizations, ...validity, usages: ['client auth'] })).certificate,
  );
const trust = readTrust({
  'client-ca-file': clients.certificate,
  'requestheader-client-ca-file': proxies.certificate,
  'requestheader-allowed-names': '["front-proxy-client"]',
  'requestheader-username-headers': '["X-Remote-User"]',
  'requestheader-group-headers': '["X-Remote-Group"]',
  'requestheader-uid-headers': '["X-Remote-Uid"]',
});
const jane = { 'x-remote-user': ['jane'], 'x-remote-group': ['dev', 'ops'], 'x-remote-uid': ['7'] };

test('only an API server may pass on the identity of a client', async () => {
  const proxy = await certificate(proxies, 'front-proxy-client');
  assert.deepEqual(introduced({ certificate: proxy, headers: jane }, trust, now), {
    username: 'jane',
    groups: ['dev', 'ops'],
    uid: '7',
  });
  for (const [ca, name] of [
    [proxies, 'somebody'],
    [clients, 'front-proxy-client'],
  ] as const) {
    const found = introduced({ certificate: await certificate(ca, name), headers: jane }, trust, now);
    assert.notEqual(found?.username, 'jane', name);
  }
  assert.equal(introduced({ certificate: undefined, headers: jane }, trust, now), undefined);
  assert.equal(introduced({ certificate: proxy, headers: jane }, trust, validity.notAfter + 1), undefined);
});

test('a client certificate identifies the client', async () => {
  const own = await certificate(clients, 'joe', ['dev']);
  assert.deepEqual(introduced({ certificate: own, headers: jane }, trust, now), {
    username: 'joe',
    groups: ['dev', 'system:authenticated'],
  });
  assert.equal(introduced({ certificate: own, headers: {} }, readTrust(), now), undefined);
});

test('names a key whose list cannot be parsed', () => {
  assert.throws(() => readTrust({ 'requestheader-allowed-names': '[' }), /^Error: requestheader-allowed-names: /);
});
