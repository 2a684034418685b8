import type { RawConnection } from '../../request/server-request.ts';
import type { Peer } from '../peer.ts';
import { ReceivedRequest } from '../received-request.ts';
import type { IncomingBody } from './incoming-body.ts';
import type { RequestHead } from './request-head.ts';

/** A request that came over HTTP/1.x. */
export class IncomingRequest extends ReceivedRequest {
  readonly takeConnection: (() => RawConnection) | undefined;
  readonly #incoming: IncomingBody;

  constructor(
    head: RequestHead,
    options: { peer: Peer; incoming: IncomingBody; take: (() => RawConnection) | undefined },
  ) {
    super(head, options.peer);
    this.takeConnection = options.take;
    this.#incoming = options.incoming;
  }

  body(limit: number): Promise<Uint8Array> {
    return this.#incoming.whole(limit);
  }

  bodyStream(): AsyncIterable<Uint8Array> {
    return this.#incoming.stream();
  }
}
