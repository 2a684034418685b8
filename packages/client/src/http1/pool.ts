import type { Socket } from 'node:net';
import type { Clock } from '@typernetes/base';
import { abortError, onAbort } from './abort-watch.ts';
import { Http1Connection } from './connection.ts';

interface PoolOptions {
  readonly dial: (signal?: AbortSignal) => Promise<Socket>;
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  /** The timeout of a response's head in milliseconds; 0: none. */
  readonly answerTimeoutMs: number;
}

/** The maximum idle time of a connection. */
const longestIdleMs = 90_000;
/**
 * The maximum number of idle connections: each has some 50 KB of TLS buffers, and a burst, such as when a node fills
 * up, does not come again at once.
 */
const mostIdle = 64;
/**
 * The number of concurrent writes above which further ones wait for a free connection: a handshake costs both sides as
 * much CPU time as ten writes, and connections beyond the idle maximum would be made again for each burst. But they
 * wait no longer than the following limit: the other writes may be held up, by a webhook for instance.
 */
const mostWriting = mostIdle;
const patienceMs = 1000;

interface Idle {
  readonly connection: Http1Connection;
  /** By the monotonic clock. */
  readonly until: number;
}

/** A write that waits for a connection; without getting one it makes its own. */
interface Waiting {
  take(connection: Http1Connection | undefined): void;
  fail(error: Error): void;
}

/**
 * Connections to one server, as many as there are concurrent requests, within limits. The most recently used one is
 * reused first.
 */
export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #all = new Set<Http1Connection>();
  readonly #idle: Idle[] = [];
  /** Connections in use by writes, and the number being made for writes. */
  readonly #writing = new Set<Http1Connection>();
  #making = 0;
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** An idle connection that the server should still have open, if there is one. */
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

  /** A connection for a write, which is short. */
  async forWrite(signal?: AbortSignal): Promise<Http1Connection> {
    let connection = this.takeIdle();
    if (!connection && this.#writing.size + this.#making >= mostWriting) connection = await this.#freed(signal);
    if (!connection) {
      this.#making++;
      try {
        connection = await this.make(signal);
      } finally {
        this.#making--;
      }
    }
    if (signal?.aborted) {
      this.#rest(connection);
      throw abortError(signal);
    }
    if (this.#all.has(connection)) this.#writing.add(connection);
    return connection;
  }

  async make(signal?: AbortSignal): Promise<Http1Connection> {
    const events = {
      idle: (one: Http1Connection) => this.#rest(one),
      closed: (one: Http1Connection) => this.#forget(one),
      silent: () => this.#closeIdle(),
    };
    const connection = new Http1Connection(await this.#options.dial(signal), events, this.#options);
    this.#all.add(connection);
    return connection;
  }

  /** Closes all connections, also those that are in use. */
  close(): void {
    for (const { fail } of [...this.#waiting]) fail(new Error('Cannot send request: the transport is closed'));
    for (const connection of this.#all) connection.destroy();
  }

  #closeIdle(): void {
    for (const { connection } of this.#idle.splice(0)) connection.destroy();
  }

  /** The next connection that becomes free; undefined when that takes too long, or when one has closed instead. */
  #freed(signal: AbortSignal | undefined): Promise<Http1Connection | undefined> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#waiting.delete(one);
        cancel();
        forget?.();
      };
      const one: Waiting = {
        take: (connection) => {
          settle();
          resolve(connection);
        },
        fail: (error) => {
          settle();
          reject(error);
        },
      };
      const cancel = this.#options.clock.after(patienceMs, () => one.take(undefined));
      const forget = signal && onAbort(signal, (aborted) => one.fail(abortError(aborted)));
      this.#waiting.add(one);
    });
  }

  #rest(connection: Http1Connection): void {
    this.#writing.delete(connection);
    const [next] = this.#waiting;
    if (next) {
      next.take(connection);
      return;
    }
    const now = this.#options.clock.monotonic();
    // The oldest are at the front.
    while (this.#idle[0] && (this.#idle[0].until <= now || this.#idle.length >= mostIdle))
      this.#idle.shift()?.connection.destroy();
    connection.hold(false);
    this.#idle.push({ connection, until: now + Math.min(connection.keptMs ?? longestIdleMs, longestIdleMs) });
  }

  #forget(connection: Http1Connection): void {
    this.#all.delete(connection);
    if (this.#writing.delete(connection)) this.#waiting.values().next().value?.take(undefined);
    const at = this.#idle.findIndex((idle) => idle.connection === connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}
