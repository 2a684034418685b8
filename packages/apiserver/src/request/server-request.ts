import type { Duplex } from 'node:stream';

/** The connection of a request that asked to switch protocols. Taking it ends HTTP on it: whoever takes it answers on it. */
export interface RawConnection {
  readonly socket: Duplex;
  /** What arrived behind the request's head already. */
  readonly head: Uint8Array;
}

/** What a client has shown of itself in the TLS handshake, in DER; nothing of it is verified. All requests of a connection have the same one. */
export interface PeerCertificate {
  readonly raw: Uint8Array;
  /** What it was issued by, and what that was, as far as the client has sent it. */
  readonly intermediates: readonly Uint8Array[];
}

/** A request as the handlers see it, whichever way it came: HTTP/1.1, HTTP/2, or from this process. */
export interface ServerRequest {
  readonly method: string;
  /** Without the query; percent-escapes as sent. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly remoteAddress: string;
  readonly clientCertificate?: PeerCertificate | undefined;
  /** The whole body; throws a StatusError RequestEntityTooLarge past `limit` bytes. */
  body(limit: number): Promise<Uint8Array>;
  /** The body as it comes, for requests that are handed on. */
  bodyStream(): AsyncIterable<Uint8Array>;
  /** Aborts when the client goes away or the server closes. */
  readonly signal: AbortSignal;
  /** There only for HTTP/1.1 requests with an Upgrade header. */
  readonly takeConnection?: (() => RawConnection) | undefined;
}

/** Where a streamed body goes. */
export interface Sink {
  /** False when what is buffered should drain first; writing on is allowed. */
  write(chunk: Uint8Array): boolean;
  drained(): Promise<void>;
  /** Bytes accepted but not sent yet. */
  readonly buffered: number;
  /** Aborts when nobody reads any more. */
  readonly signal: AbortSignal;
}

/** Writes the body until it settles; a rejection cuts the connection. */
export type StreamBody = (sink: Sink) => Promise<void>;

/** Parts of a body that is there, one behind the other: large lists are made of what is kept, and not copied to be sent. */
export type Pieces = readonly Uint8Array[];

export interface Reply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array | Pieces | StreamBody | undefined;
}

/** The connection was taken over: nothing is left to answer. */
export const taken: Reply = { status: 101, headers: {}, body: undefined };
