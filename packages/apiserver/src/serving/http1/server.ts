import type { Duplex } from 'node:stream';
import type { Clock } from '@typernetes/base';
import type { Handler } from '../../handlers/handler.ts';
import type { Exchanges } from '../exchanges.ts';
import type { PeerSocket } from '../peer-certificate.ts';
import { Http1Connection, type Waiting } from './connection.ts';

const roundMs = 4000;
/**
 * How many rounds a connection may wait for its client. The head of a request has 32 seconds, as upstream; an idle
 * connection has 180, twice as long as clients of Go's library keep theirs, so that it is they who close it.
 */
const mostRounds: Readonly<Record<Waiting, number>> = {
  head: 8,
  rest: 8,
  request: 45,
  handler: Number.POSITIVE_INFINITY,
  nothing: Number.POSITIVE_INFINITY,
};

/** The HTTP/1.x side of the server. It listens nowhere: TLS connections are handed to it. */
export class Http1Server {
  readonly #connections = new Set<Http1Connection>();
  readonly #options: { handler: Handler; exchanges: Exchanges; clock: Clock };
  readonly #rounds = { count: 0 };
  #cancelRound: (() => void) | undefined;

  constructor(options: { handler: Handler; exchanges: Exchanges; clock: Clock }) {
    this.#options = options;
  }

  accept(socket: Duplex & PeerSocket): void {
    const connection = new Http1Connection(socket, { ...this.#options, rounds: this.#rounds });
    this.#connections.add(connection);
    socket.once('close', () => {
      this.#connections.delete(connection);
      if (this.#connections.size > 0) return;
      this.#cancelRound?.();
      this.#cancelRound = undefined;
    });
    if (!this.#cancelRound) this.#scheduleRound();
  }

  /** Closes connections without a request under way. */
  retireIdle(): void {
    for (const connection of this.#connections) connection.retire();
  }

  /** One timer for all connections: thousands may be idle, and requests need none of their own. */
  #scheduleRound(): void {
    this.#cancelRound = this.#options.clock.after(roundMs, () => {
      this.#rounds.count++;
      this.#scheduleRound();
      for (const connection of this.#connections)
        if (this.#rounds.count - connection.since > mostRounds[connection.waitsFor]) connection.destroy();
    });
  }
}
