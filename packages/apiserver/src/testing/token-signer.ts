import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import protobuf from 'protobufjs';

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
export const keyPair = (id: string, hidden = false): Pair => ({
  id,
  privateKey: generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  hidden,
});

/** A signer on a socket; the first of its keys signs. */
export class TokenSigner {
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
        return { keys, dataTimestamp: { seconds: 1000 }, refreshHintSeconds: 60 };
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
