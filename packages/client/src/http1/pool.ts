import type { Socket } from 'node:net';
import type { Clock } from '@typernetes/base';
import { Http1Connection } from './connection.ts';

export interface PoolOptions {
  readonly dial: (signal?: AbortSignal) => Promise<Socket>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Nobody keeps connections that long for nothing. */
const longestIdleMs = 90_000;
/** Nor so many: each has some 50 KB of TLS's buffers, and a burst, as of a node that fills up, does not come again at once. */
const mostIdle = 64;

interface Idle {
  readonly connection: Http1Connection;
  /** By the monotonic clock. */
  readonly until: number;
}

/** Connections to one server, as many as there are requests under way. The last one used is the first to be used again. */
export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #all = new Set<Http1Connection>();
  readonly #idle: Idle[] = [];

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** One that lies idle, if there is one that the server should still know. */
  takeIdle(): Http1Connection | undefined {
    const now = this.#options.clock.monotonic();
    for (let next = this.#idle.pop(); next; next = this.#idle.pop()) {
      const { connection, until } = next;
      if (connection.usable && until > now) {
        connection.hold(true);
        return connection;
      }
      connection.destroy();
    }
    return undefined;
  }

  async make(signal?: AbortSignal): Promise<Http1Connection> {
    const connection = new Http1Connection(await this.#options.dial(signal), {
      idle: (one) => this.#rest(one),
      closed: (one) => this.#forget(one),
    });
    this.#all.add(connection);
    return connection;
  }

  /** Closes all connections, also those that are in use. */
  close(): void {
    for (const connection of this.#all) connection.destroy();
  }

  #rest(connection: Http1Connection): void {
    const now = this.#options.clock.monotonic();
    // The oldest lie at the front.
    while (this.#idle[0] && (this.#idle[0].until <= now || this.#idle.length >= mostIdle))
      this.#idle.shift()?.connection.destroy();
    connection.hold(false);
    this.#idle.push({ connection, until: now + Math.min(connection.keptMs ?? longestIdleMs, longestIdleMs) });
  }

  #forget(connection: Http1Connection): void {
    this.#all.delete(connection);
    const at = this.#idle.findIndex((idle) => idle.connection === connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}
