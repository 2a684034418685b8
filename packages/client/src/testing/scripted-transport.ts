import type { ApiRequest, ApiResponse, Transport } from '../transport.ts';

/** An answer: an object goes as JSON, chunks as they are. */
export interface ScriptedAnswer {
  readonly status?: number;
  readonly json?: unknown;
  readonly chunks?: AsyncIterable<Uint8Array> | Iterable<Uint8Array | string>;
}

/** A transport that hands each request to a function and keeps what it saw. */
export class ScriptedTransport implements Transport {
  readonly requests: ApiRequest[] = [];
  readonly #answer: (request: ApiRequest) => ScriptedAnswer | Promise<ScriptedAnswer>;

  constructor(answer: (request: ApiRequest) => ScriptedAnswer | Promise<ScriptedAnswer>) {
    this.#answer = answer;
  }

  async request(request: ApiRequest): Promise<ApiResponse> {
    request.signal?.throwIfAborted();
    this.requests.push(request);
    const { status = 200, json, chunks } = await this.#answer(request);
    return { status, headers: {}, body: bytesOf(chunks ?? [JSON.stringify(json)]) };
  }

  upgrade(): Promise<never> {
    return Promise.reject(new Error('Cannot upgrade a scripted transport'));
  }

  close(): void {}
}

async function* bytesOf(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}
