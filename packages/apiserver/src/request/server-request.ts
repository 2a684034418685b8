import type { Duplex } from 'node:stream';

/** The connection of a request that asked to switch protocols. Once taken, it no longer speaks HTTP, and its taker must reply on it. */
export interface RawConnection {
  readonly socket: Duplex;
  /** Bytes that have already arrived after the head of the request. */
  readonly head: Uint8Array;
}

/** The client certificate of a TLS handshake, in DER and not verified. All requests of a connection share one object. */
export interface PeerCertificate {
  readonly raw: Uint8Array;
  /** The chain of issuers, as far as the client has sent it. */
  readonly intermediates: readonly Uint8Array[];
}

/** A request as the handlers see it, whether from HTTP/1.1, HTTP/2 or this process. */
export interface ServerRequest {
  readonly method: string;
  /** Without the query; percent-escapes as sent. */
  readonly path: string;
  /** The query as it was sent, with its question mark; empty if there is none. */
  readonly search: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly remoteAddress: string;
  readonly clientCertificate?: PeerCertificate | undefined;
  /** The whole body; throws a StatusError RequestEntityTooLarge past `limit` bytes. */
  body(limit: number): Promise<Uint8Array>;
  /** The body as a stream, for requests that are proxied. */
  bodyStream(): AsyncIterable<Uint8Array>;
  /** Aborts when the client goes away or the server closes. */
  readonly signal: AbortSignal;
  /** Only for HTTP/1.1 requests with an Upgrade header. */
  readonly takeConnection?: (() => RawConnection) | undefined;
}

/** The receiver of a streamed body. */
export interface Sink {
  /** Returns false when the caller should await `drained` first; writing on is allowed. */
  write(chunk: Uint8Array): boolean;
  drained(): Promise<void>;
  /** Bytes accepted but not sent yet. */
  readonly buffered: number;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  /** Whether the receiver sees where a write begins and ends: then two must not become one. */
  readonly isOfMessages?: boolean;
}

/** Writes the body until it settles; a rejection cuts the connection. */
export type StreamBody = (sink: Sink) => Promise<void>;

/** A body in several pieces, sent one after the other: large lists are made of cached pieces, without copying them. */
export type Pieces = readonly Uint8Array[];

export interface Reply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array | Pieces | StreamBody | undefined;
}

/** The reply of a request whose connection was taken over: nothing is sent. */
export const taken: Reply = { status: 101, headers: {}, body: undefined };
