import type { Duplex } from 'node:stream';

/** One request to the API. `path` starts with / and carries the query. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  /** The path is the server's own, whatever path its address has. */
  readonly atRoot?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers that stand there once for each of their values. */
  readonly repeated?: Readonly<Record<string, readonly string[]>>;
  readonly body?: Uint8Array | string;
  readonly signal?: AbortSignal;
}

/** The answer's head, and its body as it arrives. The body must be read to its end or the request's signal aborted. */
export interface ApiResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** A connection turned over to another protocol (101 Switching Protocols): exec, attach, port-forward. */
export interface UpgradedConnection {
  readonly headers: Readonly<Record<string, string>>;
  readonly socket: Duplex;
}

/**
 * The way to an API server: HTTPS, or a direct call into the handler chain when the server lives in the same process.
 * Rejects only when no answer came (connection refused, aborted): a failure that the server reports is a response.
 */
export interface Transport {
  request(request: ApiRequest): Promise<ApiResponse>;
  upgrade(request: ApiRequest): Promise<UpgradedConnection>;
  /**
   * Begins to make the connection that the next request for reading goes over, where that takes time. A failure is that request's. The promise settles
   * when the server has been called: what is done then is done while it answers.
   */
  connectAhead?(): Promise<void>;
  /** Closes idle connections. Requests under way end with an error. */
  close(): void;
}

/** The whole body as one buffer. */
export async function readBody(response: ApiResponse): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}
