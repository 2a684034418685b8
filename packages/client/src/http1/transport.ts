import type { ApiRequest, ApiResponse, Transport } from '../transport.ts';
import { abortError, onAbort } from './abort-watch.ts';
import { byProxy } from './by-proxy.ts';
import { type Http1Connection, StaleConnectionError } from './connection.ts';
import { type ConnectionOptions, dialer } from './dial.ts';
import { ConnectionPool } from './pool.ts';
import { requestHead } from './request-head.ts';
import { upgrade } from './upgrade.ts';

/**
 * HTTP/1.1 with keep-alive connections. Our own implementation, since Node's client takes more CPU time per request
 * than many of our programs need to create and use it.
 */
export function http1Transport(options: ConnectionOptions): Transport {
  const { url, clock, answerTimeoutMs = 0 } = options;
  const proxied = byProxy(options);
  const pool = new ConnectionPool({ dial: proxied?.dial ?? dialer(options), clock, answerTimeoutMs });
  let ahead: Promise<Http1Connection> | undefined;

  return {
    async request(request) {
      const { signal } = request;
      if (signal?.aborted) throw abortError(signal);
      const head = requestHead(proxied?.asked(request) ?? request, url.host);
      // The server may or may not have seen a request on a stale connection: only idempotent ones are sent again.
      if (!isSafe(request)) return await written(pool, request, head);
      const idle = pool.takeIdle();
      if (idle) {
        try {
          return await idle.exchange(request, head);
        } catch (error) {
          if (!(error instanceof StaleConnectionError)) throw error;
        }
      }
      const begun = ahead;
      ahead = undefined;
      const connection = await (begun ? whileWanted(begun, signal) : pool.make(signal));
      return await connection.exchange(request, head);
    },
    // As Go's clients, always through a tunnel: a proxy need not know the other protocol.
    upgrade: (request) => upgrade(request, options),
    async connectAhead() {
      ahead ??= pool.make();
      ahead.catch(() => {}); // whoever takes it hears of it
      // Sockets connect in the event loop's next turn.
      await new Promise((resolve) => setImmediate(resolve));
    },
    close: () => pool.close(),
  };
}

/** The result of `begun`; rejects when the signal aborts. */
function whileWanted<T>(begun: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return begun;
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, (aborted) => reject(abortError(aborted)));
    begun.then(resolve, reject).finally(forget);
  });
}

async function written(pool: ConnectionPool, request: ApiRequest, head: string): Promise<ApiResponse> {
  try {
    const connection = await pool.forWrite(request.signal);
    return await connection.exchange(request, head);
  } catch (error) {
    throw error instanceof StaleConnectionError ? error.cause : error;
  }
}

function isSafe({ method }: ApiRequest): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}
