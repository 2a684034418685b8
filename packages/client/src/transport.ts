import type { Duplex } from 'node:stream';

/** One request to the API. `path` starts with / and includes the query. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  /** Do not put the path of the server's URL in front of `path`. */
  readonly atRoot?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers that are sent once for each of their values. */
  readonly repeated?: Readonly<Record<string, readonly string[]>>;
  readonly body?: Uint8Array | string;
  readonly signal?: AbortSignal;
}

/** The head of a response, and its body as a stream. The body must be read to its end, or the request's signal aborted. */
export interface ApiResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** A connection after 101 Switching Protocols: exec, attach, port-forward. */
export interface UpgradedConnection {
  readonly headers: Readonly<Record<string, string>>;
  readonly socket: Duplex;
}

/**
 * Sends requests to an API server: by HTTPS, or by a direct call into the handler chain when the server runs in the same process.
 * Rejects only when there is no response (connection refused, aborted): an error that the server reports is a response.
 */
export interface Transport {
  request(request: ApiRequest): Promise<ApiResponse>;
  upgrade(request: ApiRequest): Promise<UpgradedConnection>;
  /**
   * Starts to open the connection for the next read, if that takes time. If it fails, that request fails. The promise
   * settles once the connection attempt is in progress, so that the caller can work meanwhile.
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
