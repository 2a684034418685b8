import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { silentLogger } from '@typernetes/base';
import { FakeClock } from '@typernetes/base/testing';
import { decodeJwt, keySetOf, verifyJwt } from '@typernetes/pki';
import protobuf from 'protobufjs';
import { literalReads } from '../testing/object-reads.ts';
import { ExternalSigner } from './external-signer.ts';
import { serviceAccountTokenAuthenticator } from './service-account-token.ts';

const { root } = protobuf.parse(`
syntax = "proto3"; package v1;
message SignRequest { string claims = 1; }
message SignResponse { string header = 1; string signature = 2; }
message FetchKeysRequest {}
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message FetchKeysResponse { repeated Key keys = 1; Timestamp data_timestamp = 2; int64 refresh_hint_seconds = 3; }
message Key { string key_id = 1; bytes key = 2; bool exclude_from_oidc_discovery = 3; }
message MetadataRequest {}
message MetadataResponse { int64 max_token_expiration_seconds = 1; }
`);

interface Pair {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly hidden?: boolean;
}
const pair = (id: string, hidden = false): Pair => ({
  id,
  privateKey: generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  hidden,
});

/** A signer on a socket; the first of its keys signs. */
class Signer {
  keys: Pair[];
  maxSeconds = 7200;
  /** Further members of headers. */
  extra: Record<string, unknown> = {};
  fetches = 0;
  readonly endpoint: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'signer-'));
  readonly #server = new Server();

  constructor(keys: Pair[]) {
    this.keys = keys;
    this.endpoint = join(this.#folder, 'signer.sock');
  }

  async start(): Promise<void> {
    const method = (name: string, answer: (request: never) => object) => ({
      path: `/v1.ExternalJWTSigner/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: (value: object) => Buffer.from(root.lookupType(`v1.${name}Request`).encode(value).finish()),
      requestDeserialize: (bytes: Buffer) => root.lookupType(`v1.${name}Request`).decode(bytes),
      responseSerialize: (value: object) => Buffer.from(root.lookupType(`v1.${name}Response`).encode(value).finish()),
      responseDeserialize: (bytes: Buffer) => root.lookupType(`v1.${name}Response`).decode(bytes),
      handler: (call: ServerUnaryCall<never, object>, reply: sendUnaryData<object>) =>
        reply(null, answer(call.request)),
    });
    const methods = [
      method('Metadata', () => ({ maxTokenExpirationSeconds: this.maxSeconds })),
      method('FetchKeys', () => {
        this.fetches++;
        const keys = this.keys.map(({ id, privateKey, hidden }) => ({
          keyId: id,
          key: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
          excludeFromOidcDiscovery: hidden,
        }));
        return { keys, refreshHintSeconds: 60 };
      }),
      method('Sign', ({ claims }: { claims: string }) => {
        const [{ id, privateKey }] = this.keys as [Pair];
        const shown = { alg: 'ES512', kid: id, typ: 'JWT', ...this.extra };
        const header = Buffer.from(JSON.stringify(shown)).toString('base64url');
        const how = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
        return { header, signature: sign('sha512', Buffer.from(`${header}.${claims}`), how).toString('base64url') };
      }),
    ];
    this.#server.addService(
      Object.fromEntries(methods.map(({ handler: _handler, ...definition }) => [definition.path, definition])),
      Object.fromEntries(methods.map(({ path, handler }) => [path, handler as never])),
    );
    await new Promise<void>((resolve, reject) =>
      this.#server.bindAsync(`unix:${this.endpoint}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      ),
    );
  }

  stop(): void {
    this.#server.forceShutdown();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

test('another program signs tokens and tells the keys that verify them', async (t) => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  const program = new Signer([pair('a'), pair('old', true)]);
  await program.start();
  t.after(() => program.stop());
  const signer = await ExternalSigner.open({ endpoint: program.endpoint, clock, log: silentLogger });
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
  program.keys = [pair('b'), ...program.keys];
  // What the program signs by from now on is asked for when it is met.
  assert.equal(decodeJwt(await signer.sign({}))?.keyId, 'b');
  assert.equal(program.fetches, 2);
  program.keys = program.keys.slice(0, 1);
  await clock.advance(61_000);
  await signer.fresh();
  assert.equal(verifyJwt(token, signer.verifying()), undefined);

  program.extra = { more: 1 };
  await assert.rejects(signer.sign({}), /^Error: while validating header: unknown field "more"$/);
  program.extra = { alg: 'HS256' };
  await assert.rejects(signer.sign({}), /while validating header: unsupported signing algorithm HS256/);
  program.extra = { typ: 'at+jwt' };
  await assert.rejects(signer.sign({}), /while validating header: bad type: "at\+jwt"$/);
  program.extra = { kid: 'unknown' };
  await assert.rejects(signer.sign({}), /\(kid: unknown\) is not one that verifies tokens$/);
});

test('a key that is kept from others may not sign, and a token life of less than ten minutes is refused', async (t) => {
  const program = new Signer([pair('a', true)]);
  await program.start();
  t.after(() => program.stop());
  const options = { endpoint: program.endpoint, clock: new FakeClock(0), log: silentLogger };
  const signer = await ExternalSigner.open(options);
  t.after(() => signer.close());
  await assert.rejects(signer.sign({}), /\(kid: a\) is excluded from OIDC discovery docs$/);
  program.maxSeconds = 599;
  await assert.rejects(ExternalSigner.open(options), /while setting up external-jwt-plugin: .* less than 10m \(599s\)/);
});

test('the token of a key that came meanwhile is good, and that of one that went is not', async (t) => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  const program = new Signer([pair('a')]);
  await program.start();
  t.after(() => program.stop());
  const [mine, others] = await Promise.all(
    [0, 1].map(() => ExternalSigner.open({ endpoint: program.endpoint, clock, log: silentLogger })),
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
  program.keys = [pair('b')];
  const second = await others.sign(claims);
  assert.ok(await kind.authenticateToken(second, ['api']));
  await assert.rejects(kind.authenticateToken(first, ['api']), /no key verifies its signature/);
});
