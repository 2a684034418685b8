import {
  Client,
  type ClientReadableStream,
  connectivityState,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { grpcCodes, systemClock, type TracedCall } from '@typernetes/base';
import type { CallOptions } from './container-runtime.ts';
import type { Codec, CodecSource } from './message-codec.ts';
import { RuntimeError } from './runtime-error.ts';

/** Upstream's limit for responses: lists on machines with many images are long. */
const maxMessageBytes = 16 * 1024 * 1024;

/** Addresses a method: `service` with its package, and the messages' names in {@link codecOf}'s notation. */
export interface Method {
  readonly path: string;
  readonly request: string;
  readonly response: string;
}

type Headers = Readonly<Record<string, string>>;

type UnaryOptions = CallOptions & { readonly headers?: Headers; readonly timeoutMs?: number };

/** A connection to a gRPC server. Messages are plain objects, failures are RuntimeErrors. */
export class GrpcChannel {
  readonly #client: Client;
  readonly #source: CodecSource;
  readonly #codecs = new Map<string, Codec<unknown>>();
  readonly #traced: TracedCall | undefined;

  /** `endpoint` is `unix:///run/containerd/containerd.sock`, or a path. `traced` wraps unary calls. */
  constructor(endpoint: string, codecs: CodecSource, { traced }: { readonly traced?: TracedCall | undefined } = {}) {
    this.#traced = traced;
    this.#source = codecs;
    const address = endpoint.startsWith('/') ? `unix://${endpoint}` : endpoint;
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.default_authority': 'localhost',
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.max_send_message_length': maxMessageBytes,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
      'grpc.enable_http_proxy': 0,
    });
  }

  /** `timeoutMs`: the time limit, after which the call rejects with DeadlineExceeded. */
  unary<R>(method: Method, message: unknown, options: UnaryOptions = {}): Promise<R> {
    if (!this.#traced) return this.#unary(method, message, options);
    return this.#traced(method.path, (trace) =>
      this.#unary(method, message, { ...options, headers: { ...trace, ...options.headers } }),
    );
  }

  #unary<R>(method: Method, message: unknown, options: UnaryOptions): Promise<R> {
    const request = this.#codec<unknown>(method.request);
    const response = this.#codec<R>(method.response);
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(options.headers ?? {})) metadata.set(name, value);
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted) return reject(options.signal.reason);
      const onAbort = (): void => call.cancel();
      const call = this.#client.makeUnaryRequest(
        method.path,
        request.encode,
        response.decode,
        message,
        metadata,
        options.timeoutMs === undefined ? {} : { deadline: systemClock.now() + options.timeoutMs },
        (error, value) => {
          options.signal?.removeEventListener('abort', onAbort);
          if (error) reject(options.signal?.aborted ? options.signal.reason : runtimeError(error));
          else resolve(value as R);
        },
      );
      options.signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Yields messages of the server until `signal` aborts (then it ends) or the stream breaks (then it rejects). */
  async *serverStream<R>(
    method: Method,
    message: unknown,
    options: { signal: AbortSignal; onHeaders?: () => void },
  ): AsyncGenerator<R> {
    const call: ClientReadableStream<R> = this.#client.makeServerStreamRequest(
      method.path,
      this.#codec<unknown>(method.request).encode,
      this.#codec<R>(method.response).decode,
      message,
      new Metadata(),
      {},
    );
    const onAbort = (): void => call.cancel();
    if (options.signal.aborted) call.cancel();
    options.signal.addEventListener('abort', onAbort, { once: true });
    call.on('metadata', () => options.onHeaders?.());
    try {
      for await (const value of call) yield value as R;
    } catch (error) {
      if (!options.signal.aborted) throw runtimeError(error as ServiceError);
    } finally {
      options.signal.removeEventListener('abort', onAbort);
      call.cancel();
    }
  }

  /**
   * Yields whether the server can be reached, now and whenever that changes. Keeps the connection open without calls,
   * until `signal` aborts.
   */
  async *reachable(signal: AbortSignal): AsyncGenerator<boolean> {
    const channel = this.#client.getChannel();
    let last: boolean | undefined;
    while (!signal.aborted) {
      const state = channel.getConnectivityState(true);
      if (state === connectivityState.SHUTDOWN) return;
      const isReady = state === connectivityState.READY;
      if (isReady !== last) {
        last = isReady;
        yield isReady;
        continue;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      const stop = (): void => resolve();
      signal.addEventListener('abort', stop, { once: true });
      channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => resolve());
      await promise;
      signal.removeEventListener('abort', stop);
    }
  }

  close(): void {
    this.#client.close();
  }

  #codec<T>(name: string): Codec<T> {
    let codec = this.#codecs.get(name);
    if (!codec) {
      codec = this.#source(name);
      this.#codecs.set(name, codec);
    }
    return codec as Codec<T>;
  }
}

function runtimeError(error: ServiceError): RuntimeError {
  return new RuntimeError(grpcCodes[error.code] ?? 'Unknown', error.details ?? error.message);
}
