import type { PeerCertificate, ServerRequest } from '../request/server-request.ts';
import { splitTarget } from './http-request.ts';
import type { Peer } from './peer.ts';

/** The head of a request, of any version of HTTP. */
interface ReceivedHead {
  readonly method: string;
  readonly target: string;
  readonly headers: ServerRequest['headers'];
}

/** A request that came over a connection. What few handlers use is made on first use. */
export abstract class ReceivedRequest implements ServerRequest {
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly query: URLSearchParams;
  readonly headers: ServerRequest['headers'];
  readonly remoteAddress: string;
  readonly clientCertificate: PeerCertificate | undefined;
  #controller: AbortController | undefined;
  #reason: Error | undefined;

  constructor({ method, target, headers }: ReceivedHead, peer: Peer) {
    const { path, search, query } = splitTarget(target);
    this.method = method;
    this.path = path;
    this.search = search;
    this.query = query;
    this.headers = headers;
    this.remoteAddress = peer.remoteAddress;
    this.clientCertificate = peer.clientCertificate;
  }

  abstract body(limit: number): Promise<Uint8Array>;

  abstract bodyStream(): AsyncIterable<Uint8Array>;

  /** Made on first use: most requests need none, and an AbortController is expensive. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Called when the client is gone. The first reason counts. */
  abort(reason: Error): void {
    this.#reason ??= reason;
    this.#controller?.abort(this.#reason);
  }
}
