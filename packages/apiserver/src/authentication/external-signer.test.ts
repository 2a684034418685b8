import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger, systemClock } from '@typernetes/base';
import { FakeClock } from '@typernetes/base/testing';
import { decodeJwt, keySetOf, verifyJwt } from '@typernetes/pki';
import { createMetrics } from '@typernetes/process';
import { literalReads } from '../testing/object-reads.ts';
import { keyPair, TokenSigner } from '../testing/token-signer.ts';
import { ExternalSigner } from './external-signer.ts';
import { signerMetrics } from './external-signer-metrics.ts';
import { serviceAccountTokenAuthenticator } from './service-account-token.ts';

const metrics = createMetrics();
const observer = signerMetrics(metrics);

test('an external program signs tokens and supplies the keys that verify them', async (t) => {
  const clock = new FakeClock(systemClock.now());
  const program = new TokenSigner([keyPair('a'), keyPair('old', true)]);
  await program.start();
  t.after(() => program.stop());
  const signer = await ExternalSigner.open({
    endpoint: program.endpoint,
    clock,
    log: silentLogger,
    observer,
  });
  t.after(() => signer.close());
  assert.equal(signer.maxSeconds, 7200);
  const token = await signer.sign({ sub: 'me' });
  assert.deepEqual([decodeJwt(token)?.keyId, decodeJwt(token)?.algorithm], ['a', 'ES512']);
  assert.deepEqual(verifyJwt(token, signer.verifying()), { sub: 'me' });
  assert.equal(signer.verifying().length, 2);
  const shown = keySetOf(signer.published()).keys;
  assert.deepEqual(
    shown.map(({ kid, alg }) => [kid, alg]),
    [['a', 'ES512']],
  );

  await signer.fresh();
  assert.equal(program.fetches, 1);
  program.keys = [keyPair('b'), ...program.keys];
  // The signer's new key is fetched when a token with it arrives.
  assert.equal(decodeJwt(await signer.sign({}))?.keyId, 'b');
  assert.equal(program.fetches, 2);
  program.keys = program.keys.slice(0, 1);
  await clock.advance(61_000);
  await signer.fresh();
  assert.equal(verifyJwt(token, signer.verifying()), undefined);

  program.extra = { more: 1 };
  await assert.rejects(signer.sign({}), /header: while parsing header JSON: json: unknown field "more"$/);
  program.extra = { alg: 'HS256' };
  await assert.rejects(signer.sign({}), /while validating header: bad signing algorithm "HS256"/);
  program.extra = { typ: 'at+jwt' };
  await assert.rejects(signer.sign({}), /while validating header: bad type$/);
  const text = metrics.render();
  const count = (name: string): string[] =>
    text.split('\n').filter((line) => line.startsWith(`apiserver_externaljwt_${name}`));
  assert.deepEqual(count('sign_request_total'), [
    'apiserver_externaljwt_sign_request_total{code="OK"} 2',
    'apiserver_externaljwt_sign_request_total{code="unknown-non-grpc"} 3',
  ]);
  assert.deepEqual(count('fetch_keys'), [
    'apiserver_externaljwt_fetch_keys_data_timestamp 1000',
    'apiserver_externaljwt_fetch_keys_request_total{code="OK"} 3',
    `apiserver_externaljwt_fetch_keys_success_timestamp ${clock.now() / 1000}`,
  ]);
});

test('refuses to sign with an excluded key, and token lifetimes below ten minutes', async (t) => {
  const program = new TokenSigner([keyPair('a', true)]);
  await program.start();
  t.after(() => program.stop());
  const options = {
    endpoint: program.endpoint,
    clock: new FakeClock(systemClock.now()),
    log: silentLogger,
    observer,
  };
  const signer = await ExternalSigner.open(options);
  t.after(() => signer.close());
  await assert.rejects(signer.sign({}), /\(kid: a\) is excluded from OIDC discovery docs$/);
  program.maxSeconds = 599;
  await assert.rejects(ExternalSigner.open(options), /while setting up external-jwt-plugin: .* less than 10m \(599s\)/);
});

test('accepts tokens of a newly added key, and refuses those of a removed one', async (t) => {
  const clock = new FakeClock(systemClock.now());
  const program = new TokenSigner([keyPair('a')]);
  await program.start();
  t.after(() => program.stop());
  const [mine, others] = await Promise.all(
    [0, 1].map(() => ExternalSigner.open({ endpoint: program.endpoint, clock, log: silentLogger, observer })),
  );
  assert.ok(mine && others);
  t.after(() => [mine, others].map((one) => one.close()));
  const account = { metadata: { name: 'web', namespace: 'default', uid: '1' } };
  const none = literalReads<never>([]);
  const kind = serviceAccountTokenAuthenticator({
    serviceAccounts: literalReads<never>([account as never]),
    pods: none,
    secrets: none,
    nodes: none,
    issuers: ['https://me'],
    keys: mine,
    apiAudiences: ['api'],
    clock,
  });
  const now = clock.now() / 1000;
  const of = { namespace: 'default', serviceaccount: { name: 'web', uid: '1' } };
  const claims = { aud: ['api'], iss: 'https://me', exp: now + 600, sub: 'x', jti: 'j', 'kubernetes.io': of };
  const first = await others.sign(claims);
  assert.ok(await kind.authenticateToken(first, ['api']));
  program.keys = [keyPair('b')];
  const second = await others.sign(claims);
  assert.ok(await kind.authenticateToken(second, ['api']));
  await assert.rejects(kind.authenticateToken(first, ['api']), /no key verifies its signature/);
  program.keys = [keyPair('c')];
  clock.jump(-20_000);
  await clock.advance(1000);
  const third = await others.sign(claims);
  assert.ok(await kind.authenticateToken(third, ['api']), 'keys are asked for as before when the clock was set back');
});
