import type { PeerCertificate, ServerRequest } from '../request/server-request.ts';
import { splitTarget } from './http-request.ts';
import type { Peer } from './peer.ts';

/** What a request says before its body, in whichever version of HTTP. */
export interface ReceivedHead {
  readonly method: string;
  readonly target: string;
  readonly headers: ServerRequest['headers'];
}

/** A request that came over a connection. What few handlers ask for is made when it is asked for. */
export abstract class ReceivedRequest implements ServerRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: ServerRequest['headers'];
  readonly remoteAddress: string;
  readonly clientCertificate: PeerCertificate | undefined;
  #controller: AbortController | undefined;
  #reason: Error | undefined;

  constructor({ method, target, headers }: ReceivedHead, peer: Peer) {
    const { path, query } = splitTarget(target);
    this.method = method;
    this.path = path;
    this.query = query;
    this.headers = headers;
    this.remoteAddress = peer.remoteAddress;
    this.clientCertificate = peer.clientCertificate;
  }

  abstract body(limit: number): Promise<Uint8Array>;

  abstract bodyStream(): AsyncIterable<Uint8Array>;

  /** Nobody watches most requests end, and an AbortController for each is dear. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Nobody waits for the answer any more. The first reason is the one that counts. */
  abort(reason: Error): void {
    this.#reason ??= reason;
    this.#controller?.abort(this.#reason);
  }
}
