import type { PeerCertificate, RawConnection, ServerRequest } from '../../request/server-request.ts';
import { clientGone, splitTarget } from '../http-request.ts';
import { LateSignal } from '../late-signal.ts';
import type { Peer } from '../peer.ts';
import type { IncomingBody } from './incoming-body.ts';
import type { RequestHead } from './request-head.ts';

/** A request that came over HTTP/1.x. What few handlers ask for is made when it is asked for. */
export class IncomingRequest implements ServerRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: ServerRequest['headers'];
  readonly remoteAddress: string;
  readonly clientCertificate: PeerCertificate | undefined;
  readonly takeConnection: (() => RawConnection) | undefined;
  readonly #incoming: IncomingBody;
  readonly #gone = new LateSignal();

  constructor(
    head: RequestHead,
    options: { peer: Peer; incoming: IncomingBody; take: (() => RawConnection) | undefined },
  ) {
    const { path, query } = splitTarget(head.target);
    this.method = head.method;
    this.path = path;
    this.query = query;
    this.headers = head.headers;
    this.remoteAddress = options.peer.remoteAddress;
    this.clientCertificate = options.peer.clientCertificate;
    this.takeConnection = options.take;
    this.#incoming = options.incoming;
  }

  body(limit: number): Promise<Uint8Array> {
    return this.#incoming.whole(limit);
  }

  bodyStream(): AsyncIterable<Uint8Array> {
    return this.#incoming.stream();
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Nobody waits for the answer any more. */
  abort(reason: Error = clientGone): void {
    this.#gone.abort(reason);
  }
}
