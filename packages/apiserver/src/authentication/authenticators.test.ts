import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { createAuthority, createLeaf, type Identity } from '@typernetes/pki';
import { intermediateAuthority } from '@typernetes/pki/testing';
import { literalReads } from '../testing/object-reads.ts';
import type { Credentials } from './authenticator.ts';
import { bearerTokenAuthenticator, bearerTokenOf } from './bearer-token.ts';
import { bootstrapTokenAuthenticator } from './bootstrap-token.ts';
import { clientCertificateAuthenticator } from './client-certificate.ts';
import { requestHeaderAuthenticator } from './request-header.ts';
import { unionAuthenticator } from './union.ts';

const start = Date.UTC(2026, 0, 1);
const validity = { notBefore: start - 1000, notAfter: start + 3_600_000 };
const usages = ['digital signature', 'client auth'] as const;
const ca = await createAuthority({ commonName: 'kubernetes', ...validity });
const shown = async (
  subject: { commonName: string; organizations?: string[] },
  authority = ca,
): Promise<Credentials> => {
  const leaf = await createLeaf(authority, { ...subject, ...validity, usages });
  return { headers: {}, clientCertificate: { raw: derOf(leaf), intermediates: [] } };
};
const derOf = ({ certificate }: Identity): Uint8Array => new X509Certificate(certificate).raw;

test('a client certificate authenticates until it expires, even on a connection that stays open', async () => {
  const clock = new FakeClock(start);
  const authenticate = unionAuthenticator([clientCertificateAuthenticator({ clientCa: () => ca.certificate, clock })], {
    anonymous: true,
  });
  const admin = await shown({ commonName: 'kubernetes-admin', organizations: ['system:masters'] });
  const user = await authenticate(admin);
  assert.deepEqual([user.username, user.groups], ['kubernetes-admin', ['system:masters', 'system:authenticated']]);
  assert.match(user.extra?.['authentication.kubernetes.io/credential-id']?.[0] ?? '', /^X509SHA256=[0-9a-f]{64}$/);
  await clock.advance(3_600_001);
  await assert.rejects(async () => authenticate(admin), { reason: 'Unauthorized', message: 'Unauthorized' });
});

test('accepts certificates of an intermediate CA if the client sends that CA, or it is trusted itself', async () => {
  const clock = new FakeClock(start);
  const between = await intermediateAuthority(ca, { commonName: 'team', ...validity });
  const leaf = await createLeaf(between, { commonName: 'dev', ...validity, usages });
  const asked = (trusted: Identity, intermediates: readonly Uint8Array[]) =>
    unionAuthenticator([clientCertificateAuthenticator({ clientCa: () => trusted.certificate, clock })], {
      anonymous: true,
    })({ headers: {}, clientCertificate: { raw: derOf(leaf), intermediates } });
  assert.equal((await asked(ca, [derOf(between)])).username, 'dev');
  assert.equal((await asked(between, [])).username, 'dev');
  await assert.rejects(async () => asked(ca, []), { reason: 'Unauthorized' });
});

test('refuses a certificate of an unknown CA; without a certificate the client is anonymous', async () => {
  const clock = new FakeClock(start);
  const authenticators = [clientCertificateAuthenticator({ clientCa: () => ca.certificate, clock })];
  const stranger = await createAuthority({ commonName: 'kubernetes', ...validity });
  const open = unionAuthenticator(authenticators, { anonymous: true });
  const unknown = await shown({ commonName: 'x' }, stranger);
  await assert.rejects(async () => open(unknown), { reason: 'Unauthorized' });
  assert.deepEqual(await open({ headers: {} }), {
    username: 'system:anonymous',
    groups: ['system:unauthenticated'],
  });
  const closed = unionAuthenticator(authenticators, { anonymous: false });
  await assert.rejects(async () => closed({ headers: {} }), { reason: 'Unauthorized' });
});

test('only a front proxy may state the user', async () => {
  const front = await createAuthority({ commonName: 'front-proxy-ca', ...validity });
  const authenticator = requestHeaderAuthenticator({
    clientCa: () => front.certificate,
    allowedNames: ['front-proxy-client'],
    usernameHeaders: ['X-Remote-User'],
    uidHeaders: ['X-Remote-Uid'],
    groupHeaders: ['X-Remote-Group'],
    extraHeaderPrefixes: ['X-Remote-Extra-'],
    clock: new FakeClock(start),
  });
  const headers = {
    'x-remote-user': 'jane',
    'x-remote-group': 'cn=a,dc=example\nb',
    'x-remote-extra-acme.io%2fteam': 'x',
  };
  const said = async (commonName: string, authority = front) =>
    authenticator.authenticate({ ...(await shown({ commonName }, authority)), headers });
  assert.deepEqual(await said('front-proxy-client'), {
    username: 'jane',
    groups: ['cn=a,dc=example', 'b'],
    extra: { 'acme.io/team': ['x'] },
  });
  assert.equal(await said('somebody'), undefined);
  assert.equal(await said('front-proxy-client', ca), undefined);
  assert.equal(await authenticator.authenticate({ headers }), undefined);
});

test('a bootstrap token has the user and groups of its secret', async () => {
  const data = {
    'token-id': '07401b',
    'token-secret': 'f395accd246ae52d',
    'usage-bootstrap-authentication': 'true',
    'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token',
  };
  const authenticateWith = (changed: Record<string, string>, type = 'bootstrap.kubernetes.io/token') => {
    const encoded = Object.entries({ ...data, ...changed }).map(([k, v]) => [k, Buffer.from(v).toString('base64')]);
    const secret = {
      metadata: { name: 'bootstrap-token-07401b', namespace: 'kube-system' },
      type,
      data: Object.fromEntries(encoded),
    };
    const kind = bootstrapTokenAuthenticator({ secrets: literalReads([secret]), clock: new FakeClock(start) });
    return kind.authenticateToken('07401b.f395accd246ae52d', []);
  };
  assert.deepEqual((await authenticateWith({}))?.user, {
    username: 'system:bootstrap:07401b',
    groups: ['system:bootstrappers', 'system:bootstrappers:kubeadm:default-node-token'],
  });
  assert.ok(await authenticateWith({ expiration: '2026-01-01T00:00:01Z' }));
  const refused: Record<string, string>[] = [
    { expiration: '2025-12-31T23:59:59Z' },
    { expiration: 'tomorrow' },
    { 'token-secret': 'f395accd246ae52e' },
    { 'token-id': '07401c' },
    { 'usage-bootstrap-authentication': 'false' },
    { 'auth-extra-groups': 'system:masters' },
  ];
  for (const changed of refused) assert.equal(await authenticateWith(changed), undefined, JSON.stringify(changed));
  assert.equal(await authenticateWith({}, 'Opaque'), undefined);
});

test('refuses an unknown bearer token instead of treating it as anonymous', async () => {
  const union = unionAuthenticator([bearerTokenAuthenticator([], [])], { anonymous: true });
  await assert.rejects(async () => union({ headers: { authorization: 'Bearer nope' } }), { reason: 'Unauthorized' });
  assert.equal((await union({ headers: { authorization: 'Basic eDp5' } })).username, 'system:anonymous');
  const protocols = `v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.${Buffer.from('abc').toString('base64url')}`;
  assert.equal(bearerTokenOf({ headers: { 'sec-websocket-protocol': protocols } }), 'abc');
});
