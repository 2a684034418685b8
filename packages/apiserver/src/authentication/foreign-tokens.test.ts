import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { publicKeyAlgorithms } from '@typernetes/pki';
import { createMetrics } from '@typernetes/process';
import { decodeAuthenticationConfiguration } from './configuration.ts';
import { jwtAuthenticator } from './oidc/jwt-authenticator.ts';
import { jwtMetrics } from './oidc/jwt-metrics.ts';
import { decodeTokenFile, staticTokenAuthenticator } from './static-token.ts';
import { tokenWebhookAuthenticator } from './token-webhook.ts';

test('a token file names users, uids and groups', async () => {
  const users = decodeTokenFile('abc,jane,uid-1,"dev,ops"\n\ndef, bob ,uid-2\n');
  const tokens = staticTokenAuthenticator(users);
  assert.deepEqual(await tokens.authenticateToken('abc', []), {
    user: { username: 'jane', uid: 'uid-1', groups: ['dev', 'ops'] },
  });
  assert.deepEqual((await tokens.authenticateToken('def', []))?.user.groups, []);
  assert.equal(await tokens.authenticateToken('nope', []), undefined);
  assert.throws(() => decodeTokenFile('abc,jane'), /at least 3 columns .* found 2/);
});

test('a webhook reviews tokens, and is called again when its answer has expired', async () => {
  const clock = new FakeClock();
  const asked: unknown[] = [];
  const answers: Record<string, object> = {
    good: { authenticated: true, user: { username: 'jane', groups: ['dev'], extra: { a: ['b'] } } },
    other: { authenticated: true, user: { username: 'jane' }, audiences: ['elsewhere'] },
    bad: { authenticated: false, error: 'expired' },
    unknown: {},
  };
  const webhook = tokenWebhookAuthenticator({
    webhook: {
      post: async (body) => {
        asked.push(body);
        return { status: answers[(body as { spec: { token: string } }).spec.token] };
      },
    },
    version: 'v1',
    ttlMs: 1000,
    clock,
  });
  const owner = { user: { username: 'jane', groups: ['dev'], extra: { a: ['b'] } }, audiences: ['api'] };
  assert.deepEqual(await webhook.authenticateToken('good', ['api']), owner);
  assert.deepEqual(await webhook.authenticateToken('good', ['api']), owner);
  assert.equal(asked.length, 1);
  await clock.advance(1001);
  await webhook.authenticateToken('good', ['api']);
  assert.equal(asked.length, 2);
  assert.equal(await webhook.authenticateToken('other', ['api']), undefined);
  assert.equal(await webhook.authenticateToken('unknown', ['api']), undefined);
  await assert.rejects(webhook.authenticateToken('bad', ['api']), { message: 'expired' });
});

const issuer = 'https://issuer.example';
const pairs = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  other: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

function token(claims: object, { key = pairs.rsa.privateKey as KeyObject, alg = 'RS256', kid = 'rsa' } = {}): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ alg, kid })}.${encode(claims)}`;
  const bits = alg.slice(2);
  const signature = sign(`sha${bits}`, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

const start = Date.UTC(2026, 0, 1);
const seconds = start / 1000;
const base = { iss: issuer, aud: 'app', sub: 'jane', exp: seconds + 100, jti: 'id-1' };

function oidc(config: object) {
  const clock = new FakeClock(start);
  const fetched: string[] = [];
  const metrics = createMetrics();
  const published = [{ kid: 'rsa', use: 'sig', ...pairs.rsa.publicKey.export({ format: 'jwk' }) }];
  const [jwt] = decodeAuthenticationConfiguration(
    JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', jwt: [config] }),
  ).jwt;
  const authenticator = jwtAuthenticator({
    config: jwt ?? assert.fail(),
    signingAlgorithms: publicKeyAlgorithms,
    clock,
    observer: jwtMetrics(metrics, { serverId: 'me', clock }),
    fetchJson: async (url) => {
      fetched.push(url);
      return url.endsWith('openid-configuration') ? { issuer, jwks_uri: `${issuer}/keys` } : { keys: published };
    },
  });
  return { authenticator, clock, fetched, published, metrics };
}

const plain = {
  issuer: { url: issuer, audiences: ['app'] },
  claimMappings: { username: { claim: 'sub', prefix: 'oidc:' } },
};

test('tokens of an issuer are verified by its keys, which may change', async () => {
  const { authenticator, clock, fetched, published, metrics } = oidc({
    ...plain,
    claimMappings: { ...plain.claimMappings, groups: { claim: 'roles', prefix: 'oidc:' } },
  });
  const user = async (text: string) => (await authenticator.authenticateToken(text, []))?.user;
  assert.deepEqual(await user(token({ ...base, roles: ['dev'] })), {
    username: 'oidc:jane',
    groups: ['oidc:dev'],
    extra: { 'authentication.kubernetes.io/credential-id': ['JTI=id-1'] },
  });
  await user(token(base));
  assert.deepEqual(fetched, [`${issuer}/.well-known/openid-configuration`, `${issuer}/keys`]);
  assert.equal(await user(token({ ...base, iss: 'https://other.example' })), undefined);
  await assert.rejects(user(token({ ...base, exp: seconds - 1 })), /token is expired/);
  await assert.rejects(user(token({ ...base, aud: 'else' })), /expected audience in \["app"\] got \["else"\]/);
  await assert.rejects(user(token(base, { key: pairs.other.privateKey })), /failed to verify signature/);
  await assert.rejects(user(token({ ...base, sub: undefined })), /parse username claims "sub": claim not present/);
  const next = token(base, { key: pairs.ec.privateKey, alg: 'ES384', kid: 'ec' });
  await assert.rejects(user(next), /failed to verify signature/);
  published.push({ kid: 'ec', use: 'sig', ...pairs.ec.publicKey.export({ format: 'jwk' }) });
  await clock.advance(1001);
  assert.equal((await user(next))?.username, 'oidc:jane');
  const text = metrics.render();
  const count = (result: string): RegExp =>
    new RegExp(
      `_authenticator_latency_seconds_count\\{jwt_issuer_hash="sha256:[0-9a-f]{64}",result="${result}"\\} (\\d+)`,
    );
  assert.deepEqual([count('success').exec(text)?.[1], count('failure').exec(text)?.[1]], ['3', '5']);
  assert.equal(text.match(/_jwks_fetch_last_key_set_info\{.*hash="sha256:/g)?.length, 1);
  assert.match(text, /_jwks_fetch_last_timestamp_seconds\{.*result="success"\} [1-9]/);
});

test('expressions map claims and judge them', async () => {
  const { authenticator } = oidc({
    issuer: plain.issuer,
    claimMappings: {
      username: { expression: "claims.sub + '@example.com'" },
      groups: { expression: "claims.roles.map(r, 'r:' + r)" },
      uid: { claim: 'oid' },
      extra: [{ key: 'example.com/tenant', valueExpression: 'claims.tenant' }],
    },
    claimValidationRules: [
      { expression: 'claims.exp - claims.iat <= 3600', message: 'tokens live for an hour at most' },
      { claim: 'hd', requiredValue: 'example.com' },
    ],
    userValidationRules: [{ expression: "!user.username.startsWith('system:')", message: 'system: is reserved' }],
  });
  const claims = { ...base, jti: undefined, iat: seconds, roles: ['a'], oid: 'u1', tenant: 't1', hd: 'example.com' };
  const user = async (changes: object) =>
    (await authenticator.authenticateToken(token({ ...claims, ...changes }), []))?.user;
  assert.deepEqual(await user({}), {
    username: 'jane@example.com',
    groups: ['r:a'],
    uid: 'u1',
    extra: { 'example.com/tenant': ['t1'] },
  });
  await assert.rejects(user({ iat: seconds - 4000 }), /tokens live for an hour at most/);
  await assert.rejects(user({ hd: 'x' }), /required claim hd value does not match\. Got = x, want = example\.com/);
  await assert.rejects(user({ sub: 'system:x' }), /system: is reserved/);
});

test('refuses an invalid configuration', () => {
  const refused = (config: object, message: RegExp): void => assert.throws(() => oidc(config), { message });
  refused({ ...plain, issuer: { url: 'http://x', audiences: ['a'] } }, /URL scheme must be https/);
  refused({ ...plain, issuer: { url: issuer } }, /audiences is required/);
  refused({ ...plain, issuer: { url: issuer, audiences: ['a', 'b'] } }, /must be MatchAny for multiple audiences/);
  refused({ ...plain, claimMappings: {} }, /claim or expression is required/);
  refused({ ...plain, claimMappings: { username: { claim: 'sub' } } }, /prefix is required when claim is set/);
  refused(
    { ...plain, claimMappings: { username: { expression: 'claims.' } } },
    /jwt\[0\]\.claimMappings\.username\.expression: Invalid value/,
  );
  refused({ ...plain, more: 1 }, /unknown field "jwt\[0\]\.more"/);
});
