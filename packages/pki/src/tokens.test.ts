import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { newBootstrapToken, parseBootstrapToken, signDetached, verifyDetached } from './bootstrap-token.ts';
import { decodeJwt, keyIdOf, signJwt, verifyJwt } from './jwt.ts';
import { type KeyAlgorithm, newPrivateKey } from './key-pair.ts';
import { keySetOf } from './key-set.ts';

for (const [algorithm, name] of [
  ['RSA-2048', 'RS256'],
  ['ECDSA-P256', 'ES256'],
  ['ECDSA-P384', 'ES384'],
] satisfies [KeyAlgorithm, string][]) {
  test(`a token signed with a ${algorithm} key is verified with its public half`, async () => {
    const key = await newPrivateKey(algorithm);
    const other = createPublicKey(await newPrivateKey('ECDSA-P256'));
    const token = await signJwt(key, { sub: 'system:serviceaccount:default:default' });
    assert.equal(decodeJwt(token)?.algorithm, name);
    assert.equal(decodeJwt(token)?.keyId, keyIdOf(key));
    assert.deepEqual(verifyJwt(token, [other, createPublicKey(key)]), { sub: 'system:serviceaccount:default:default' });
    assert.equal(verifyJwt(token, [other]), undefined);
    const [head, , tail] = token.split('.');
    const forged = `${head}.${Buffer.from('{"sub":"system:admin"}').toString('base64url')}.${tail}`;
    assert.equal(verifyJwt(forged, [createPublicKey(key)]), undefined);
    assert.equal(keySetOf([key]).keys[0]?.kid, keyIdOf(key));
    assert.equal(keySetOf([key]).keys[0]?.d, undefined);
  });
}

test('rejects what is not a token, and never takes the algorithm from the token', async () => {
  const key = await newPrivateKey();
  for (const text of ['', 'a.b', 'a.b.c', 'e30.e30.', '07401b.f395accd246ae52d'])
    assert.equal(decodeJwt(text), undefined);
  const [, claims] = (await signJwt(key, { sub: 'x' })).split('.');
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`;
  assert.equal(verifyJwt(none, [createPublicKey(key)]), undefined);
});

test('parses and creates bootstrap tokens, and signs cluster-info with them', () => {
  assert.deepEqual(parseBootstrapToken('07401b.f395accd246ae52d'), { id: '07401b', secret: 'f395accd246ae52d' });
  for (const text of ['07401b.f395accd246ae52', '07401B.f395accd246ae52d', '07401bf395accd246ae52d']) {
    assert.equal(parseBootstrapToken(text), undefined);
  }
  const token = newBootstrapToken();
  assert.match(`${token.id}.${token.secret}`, /^[a-z0-9]{6}\.[a-z0-9]{16}$/);
  const signature = signDetached('apiVersion: v1\n', token);
  assert.equal(verifyDetached('apiVersion: v1\n', signature, token), true);
  assert.equal(verifyDetached('apiVersion: v2\n', signature, token), false);
  assert.equal(verifyDetached('apiVersion: v1\n', signature, newBootstrapToken()), false);
  assert.equal(
    JSON.stringify(JSON.parse(Buffer.from(signature.split('.')[0] as string, 'base64url').toString())),
    `{"alg":"HS256","kid":"${token.id}"}`,
  );
});
