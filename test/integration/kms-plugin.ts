import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import protobuf from 'protobufjs/light.js';
import facts from './kms-v2.json' with { type: 'json' };

const root = protobuf.Root.fromJSON(facts as protobuf.INamespace);

/** A KMS plugin (v2) on a socket, with its own keys. */
export class KmsPlugin {
  readonly endpoint: string;
  /** The number of decrypt calls. */
  decrypts = 0;
  readonly #folder: string;
  readonly #server = new Server();
  readonly #keys = new Map<string, Buffer>();
  #keyId = '';

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'kms-'));
    this.endpoint = `unix://${join(this.#folder, 'kms.sock')}`;
    this.rotate();
  }

  async start(): Promise<void> {
    const method = <I, O>(name: string, answer: (request: I) => O) => ({
      path: `/v2.KeyManagementService/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: (value: object) => Buffer.from(root.lookupType(`v2.${name}Request`).encode(value).finish()),
      requestDeserialize: (bytes: Buffer) => root.lookupType(`v2.${name}Request`).decode(bytes),
      responseSerialize: (value: object) => Buffer.from(root.lookupType(`v2.${name}Response`).encode(value).finish()),
      responseDeserialize: (bytes: Buffer) => root.lookupType(`v2.${name}Response`).decode(bytes),
      handler: (call: ServerUnaryCall<I, O>, reply: sendUnaryData<O>) => reply(null, answer(call.request)),
    });
    const methods = [
      method('Status', () => ({ version: 'v2', healthz: 'ok', keyId: this.#keyId })),
      method('Encrypt', ({ plaintext }: { plaintext: Uint8Array }) => ({
        ciphertext: this.#encrypt(plaintext),
        keyId: this.#keyId,
        annotations: { 'version.kms.example': Buffer.from('1') },
      })),
      method('Decrypt', ({ ciphertext, keyId }: { ciphertext: Uint8Array; keyId: string }) => ({
        plaintext: this.#decrypt(ciphertext, keyId),
      })),
    ];
    this.#server.addService(
      Object.fromEntries(methods.map(({ handler: _handler, ...definition }) => [definition.path, definition])),
      Object.fromEntries(methods.map(({ path, handler }) => [path, handler as never])),
    );
    await new Promise<void>((resolve, reject) =>
      this.#server.bindAsync(`unix:${join(this.#folder, 'kms.sock')}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      ),
    );
  }

  /** Encrypts with a new key from now on. */
  rotate(): void {
    this.#keyId = `key-${this.#keys.size + 1}`;
    this.#keys.set(this.#keyId, randomBytes(32));
  }

  stop(): void {
    this.#server.forceShutdown();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #encrypt(plain: Uint8Array): Buffer {
    const iv = randomBytes(16);
    const cipher = createCipheriv('aes-256-cbc', this.#keys.get(this.#keyId) as Buffer, iv);
    return Buffer.concat([iv, cipher.update(plain), cipher.final()]);
  }

  #decrypt(stored: Uint8Array, keyId: string): Buffer {
    this.decrypts++;
    const cipher = createDecipheriv('aes-256-cbc', this.#keys.get(keyId) as Buffer, stored.subarray(0, 16));
    return Buffer.concat([cipher.update(stored.subarray(16)), cipher.final()]);
  }
}
