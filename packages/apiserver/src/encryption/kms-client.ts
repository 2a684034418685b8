import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { Clock } from '@typernetes/base';
import protobuf from 'protobufjs/light.js';
import { grpcStatus } from './grpc-status.ts';

interface KmsStatus {
  readonly version: string;
  readonly healthz: string;
  readonly keyId: string;
}
interface KmsEncrypted {
  readonly ciphertext: Uint8Array;
  readonly keyId: string;
  readonly annotations: Readonly<Record<string, Uint8Array>>;
}
/** An encrypted value in the store (kmsv2's EncryptedObject). */
export interface EncryptedObject {
  readonly encryptedData: Uint8Array;
  readonly keyID: string;
  readonly encryptedDEKSource: Uint8Array;
  readonly annotations: Readonly<Record<string, Uint8Array>>;
  /** 0: the key of AES-GCM; 1: the seed of keys for it. */
  readonly encryptedDEKSourceType: number;
}

const bytes = (id: number) => ({ type: 'bytes', id });
const string = (id: number) => ({ type: 'string', id });
const annotations = (id: number) => ({ keyType: 'string', type: 'bytes', id });

/** The messages of the KMS plugin API v2 and of what is stored. */
const root = protobuf.Root.fromJSON({
  nested: {
    v2: {
      edition: 'proto3',
      nested: {
        StatusRequest: { fields: {} },
        StatusResponse: { fields: { version: string(1), healthz: string(2), keyId: string(3) } },
        EncryptRequest: { fields: { plaintext: bytes(1), uid: string(2) } },
        EncryptResponse: { fields: { ciphertext: bytes(1), keyId: string(2), annotations: annotations(3) } },
        DecryptRequest: {
          fields: { ciphertext: bytes(1), uid: string(2), keyId: string(3), annotations: annotations(4) },
        },
        DecryptResponse: { fields: { plaintext: bytes(1) } },
        EncryptedObject: {
          fields: {
            encryptedData: bytes(1),
            keyID: string(2),
            encryptedDEKSource: bytes(3),
            annotations: annotations(4),
            encryptedDEKSourceType: { type: 'int32', id: 5 },
          },
        },
      },
    },
  },
} as unknown as protobuf.INamespace);

const encode = (type: string, message: object): Buffer =>
  root
    .lookupType(`v2.${type}`)
    .encode(message as Record<string, unknown>)
    .finish() as Buffer;
const decode = <T>(type: string, from: Uint8Array): T => root.lookupType(`v2.${type}`).decode(from) as unknown as T;

export const encodeEncryptedObject = (object: EncryptedObject): Buffer => encode('EncryptedObject', object);
export const decodeEncryptedObject = (from: Uint8Array): EncryptedObject => decode('EncryptedObject', from);

/** Called after each call with its gRPC status and duration in seconds. */
type AskedObserver = (method: string, of: { readonly status: string; readonly seconds: number }) => void;

/** A KMS plugin behind its socket. */
export class KmsClient {
  readonly #client: Client;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #asked: AskedObserver;

  /** `endpoint` is `unix:///var/run/kms.sock`. */
  constructor(
    endpoint: string,
    { timeoutMs, clock, asked = () => {} }: { timeoutMs: number; clock: Clock; asked?: AskedObserver },
  ) {
    this.#asked = asked;
    this.#client = new Client(endpoint.replace(/^unix:\/+/, 'unix:/'), credentials.createInsecure(), {
      'grpc.default_authority': 'localhost',
      'grpc.enable_http_proxy': 0,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
    });
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  status(): Promise<KmsStatus> {
    return this.#call('Status', {});
  }

  encrypt(plaintext: Uint8Array, uid: string): Promise<KmsEncrypted> {
    return this.#call('Encrypt', { plaintext, uid });
  }

  async decrypt(encrypted: KmsEncrypted, uid: string): Promise<Uint8Array> {
    const { plaintext } = await this.#call<{ plaintext: Uint8Array }>('Decrypt', { ...encrypted, uid });
    return plaintext;
  }

  close(): void {
    this.#client.close();
  }

  #call<T>(method: string, message: object): Promise<T> {
    const path = `/v2.KeyManagementService/${method}`;
    const since = this.#clock.monotonic();
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest<object, T>(
        path,
        (request) => encode(`${method}Request`, request),
        (response) => decode<T>(`${method}Response`, response),
        message,
        new Metadata(),
        { deadline: this.#clock.now() + this.#timeoutMs },
        (error, value) => {
          this.#asked(path, { status: grpcStatus(error), seconds: (this.#clock.monotonic() - since) / 1000 });
          if (error) reject(error);
          else resolve(value as T);
        },
      );
    });
  }
}
