import { createPublicKey, type KeyObject } from 'node:crypto';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import { type JwtClaims, keyIdOf, nameKey } from '@typernetes/pki';
import protobuf from 'protobufjs/light.js';
import type { SignerMetrics } from './external-signer-metrics.ts';
import type { ServiceAccountKeys } from './service-account-keys.ts';

/** The messages of the external JWT signer API v1. */
const root = protobuf.Root.fromJSON({
  nested: {
    v1: {
      edition: 'proto3',
      nested: {
        SignRequest: { fields: { claims: { type: 'string', id: 1 } } },
        SignResponse: { fields: { header: { type: 'string', id: 1 }, signature: { type: 'string', id: 2 } } },
        FetchKeysRequest: { fields: {} },
        FetchKeysResponse: {
          fields: {
            keys: { rule: 'repeated', type: 'Key', id: 1 },
            dataTimestamp: { type: 'Timestamp', id: 2 },
            refreshHintSeconds: { type: 'int64', id: 3 },
          },
        },
        Timestamp: { fields: { seconds: { type: 'int64', id: 1 } } },
        Key: {
          fields: {
            keyId: { type: 'string', id: 1 },
            key: { type: 'bytes', id: 2 },
            excludeFromOidcDiscovery: { type: 'bool', id: 3 },
          },
        },
        MetadataRequest: { fields: {} },
        MetadataResponse: { fields: { maxTokenExpirationSeconds: { type: 'int64', id: 1 } } },
      },
    },
  },
} as unknown as protobuf.INamespace);

interface FetchedKeys {
  readonly keys: readonly {
    readonly keyId: string;
    readonly key: Uint8Array;
    readonly excludeFromOidcDiscovery: boolean;
  }[];
  readonly dataTimestamp?: { readonly seconds: unknown } | null;
  readonly refreshHintSeconds: unknown;
}

const firstCallMs = 60_000;
const callMs = 30_000;
const retryMs = 10_000;
/** The least time between two questions for keys that nobody knows: anyone may show a token. */
const renewMs = 1000;
const leastMaxSeconds = 600;
const longestKeyId = 1024;
const algorithms = ['RS256', 'ES256', 'ES384', 'ES512'];

interface SignerOptions {
  /** The path of its socket. */
  readonly endpoint: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer: SignerMetrics;
}

/** `--service-account-signing-endpoint`: a program that signs tokens and knows the keys that verify them. */
export class ExternalSigner implements ServiceAccountKeys {
  readonly #client: Client;
  readonly #options: SignerOptions;
  #verifying: readonly KeyObject[] = [];
  #published: readonly KeyObject[] = [];
  #dueAt = 0;
  #renewableAt = 0;
  #fetching: Promise<void> | undefined;
  #maxSeconds = 0;

  private constructor(options: SignerOptions) {
    this.#options = options;
    this.#client = new Client(`unix:${options.endpoint}`, credentials.createInsecure(), {
      'grpc.default_authority': 'localhost',
      'grpc.enable_http_proxy': 0,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
    });
  }

  /** Waits for the signer to answer. */
  static async open(options: SignerOptions): Promise<ExternalSigner> {
    const signer = new ExternalSigner(options);
    try {
      const { maxTokenExpirationSeconds } = await signer.#call<{ maxTokenExpirationSeconds: unknown }>(
        'Metadata',
        {},
        firstCallMs,
      );
      const seconds = Number(maxTokenExpirationSeconds);
      if (seconds < leastMaxSeconds)
        throw new Error(`max token life supported by signer is less than 10m (${seconds}s)`);
      signer.#maxSeconds = seconds;
      await signer.#fetch();
    } catch (error) {
      signer.close();
      throw new Error(`while setting up external-jwt-plugin: ${messageOf(error)}`, { cause: error });
    }
    return signer;
  }

  get maxSeconds(): number {
    return this.#maxSeconds;
  }

  readonly sign = async (claims: JwtClaims): Promise<string> => {
    const { observer } = this.#options;
    try {
      const token = await this.#sign(claims);
      observer.signed('OK');
      return token;
    } catch (error) {
      observer.signed(codeOf(error));
      throw error;
    }
  };

  async #sign(claims: JwtClaims): Promise<string> {
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const { header, signature } = await this.#call<{ header: string; signature: string }>('Sign', { claims: payload });
    await this.#checkHeader(header);
    if (signature === '') throw new Error('empty signature returned');
    return `${header}.${payload}.${signature}`;
  }

  verifying(): readonly KeyObject[] {
    return this.#verifying;
  }

  published(): readonly KeyObject[] {
    return this.#published;
  }

  /** As upstream: if the signer does not answer, the known keys stay valid. */
  async fresh(): Promise<void> {
    const { clock, log } = this.#options;
    if (clock.monotonic() < this.#dueAt) return;
    try {
      await this.#fetch();
    } catch (error) {
      this.#dueAt = clock.monotonic() + retryMs;
      log.warn('Failed to sync public keys into cache', { error: messageOf(error) });
    }
  }

  async renew(): Promise<boolean> {
    const { clock, log } = this.#options;
    if (clock.monotonic() < this.#renewableAt) return false;
    this.#renewableAt = clock.monotonic() + renewMs;
    const before = this.#verifying;
    try {
      await this.#fetch();
    } catch (error) {
      log.warn('Failed to sync public keys into cache', { error: messageOf(error) });
    }
    return this.#verifying !== before;
  }

  close(): void {
    this.#client.close();
  }

  /** All who ask at once ask together. */
  #fetch(): Promise<void> {
    const { clock, observer } = this.#options;
    this.#fetching ??= this.#fetchNow()
      .then(
        () => observer.fetched('OK', clock.now()),
        (error: unknown) => {
          observer.fetched(codeOf(error), clock.now());
          throw error;
        },
      )
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }

  async #fetchNow(): Promise<void> {
    const { keys, dataTimestamp, refreshHintSeconds } = await this.#call<FetchedKeys>('FetchKeys', {});
    if (keys.length === 0) throw new Error('found no keys');
    const hint = Number(refreshHintSeconds);
    if (hint <= 0) throw new Error(`found invalid refresh hint (${hint}s)`);
    const read = keys.map(({ keyId, key, excludeFromOidcDiscovery }) => {
      if (keyId === '' || keyId.length > longestKeyId)
        throw new Error(`found invalid public key id ${JSON.stringify(keyId)}`);
      const object = createPublicKey({ key: Buffer.from(key), type: 'spki', format: 'der' });
      return { key: nameKey(object, keyId), published: !excludeFromOidcDiscovery };
    });
    const { clock, observer } = this.#options;
    this.#dueAt = clock.monotonic() + hint * 1000;
    if (dataTimestamp) observer.dataFrom(Number(dataTimestamp.seconds) * 1000);
    const all = read.map(({ key }) => key);
    const published = read.filter((one) => one.published).map(({ key }) => key);
    if (!sameKeys(all, this.#verifying)) this.#verifying = all;
    this.#published = published;
  }

  /** Accepts a key that is still unknown after a refresh: the signer may not have published it yet. */
  async #checkHeader(text: string): Promise<void> {
    const wrong = (why: string): Error => new Error(`while validating header: ${why}`);
    const shown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Record<string, unknown>;
    const { alg, kid, typ, ...others } = shown;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw wrong(`while parsing header JSON: json: unknown field ${JSON.stringify(unknown)}`);
    if (typ !== 'JWT') throw wrong('bad type');
    if (typeof kid !== 'string' || kid === '') throw wrong('key id missing');
    if (kid.length > longestKeyId) throw wrong('key id longer than 1 kb');
    if (!algorithms.includes(String(alg))) throw wrong(`bad signing algorithm ${JSON.stringify(String(alg))}`);
    const has = (keys: readonly KeyObject[]): boolean => keys.some((key) => keyIdOf(key) === kid);
    if (!has(this.#verifying)) await this.renew();
    if (has(this.#verifying) && !has(this.#published))
      throw wrong(`key used for signing JWT (kid: ${kid}) is excluded from OIDC discovery docs`);
  }

  async #call<T>(method: string, message: object, deadlineMs = callMs): Promise<T> {
    const { clock, observer } = this.#options;
    const path = `/v1.ExternalJWTSigner/${method}`;
    const startedAt = clock.now();
    try {
      const answer = await this.#ask<T>(path, { method, message, deadlineMs });
      observer.called(path, 'OK', (clock.now() - startedAt) / 1000);
      return answer;
    } catch (error) {
      observer.called(path, codeOf(error), (clock.now() - startedAt) / 1000);
      throw error;
    }
  }

  #ask<T>(
    path: string,
    { method, message, deadlineMs }: { readonly method: string; readonly message: object; readonly deadlineMs: number },
  ): Promise<T> {
    const [request, response] = [root.lookupType(`v1.${method}Request`), root.lookupType(`v1.${method}Response`)];
    const metadata = new Metadata();
    metadata.setOptions({ waitForReady: true });
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest<object, T>(
        path,
        (value) => Buffer.from(request.encode(value as Record<string, unknown>).finish()),
        (bytes) => response.decode(bytes) as unknown as T,
        message,
        metadata,
        { deadline: this.#options.clock.now() + deadlineMs },
        (error, value) => {
          if (error) reject(error);
          else resolve(value as T);
        },
      );
    });
  }
}

/** A failure's code in gRPC as Go spells it (`DeadlineExceeded`). */
function codeOf(error: unknown): string {
  const name = status[(error as { code?: status }).code ?? -1];
  if (name === undefined) return 'unknown-non-grpc';
  if (name === 'CANCELLED') return 'Canceled';
  return name.toLowerCase().replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());
}

function sameKeys(some: readonly KeyObject[], others: readonly KeyObject[]): boolean {
  return (
    some.length === others.length &&
    some.every((key, at) => {
      const other = others[at];
      return other !== undefined && key.equals(other) && keyIdOf(key) === keyIdOf(other);
    })
  );
}
