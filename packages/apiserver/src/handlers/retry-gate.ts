import { randomUUID } from 'node:crypto';
import { guardedTextReply } from '../request/reply.ts';
import type { ServerRequest } from '../request/server-request.ts';
import type { Handler } from './handler.ts';

/** Probes, scrapes and requests of API servers, recognized by their user agent, are answered to the end. */
const exemptPaths = ['/readyz', '/livez', '/healthz', '/metrics'];
const exemptAgent = 'kube-apiserver/';

const isExempt = ({ path, headers }: ServerRequest): boolean =>
  exemptPaths.some((prefix) => path.startsWith(prefix)) || headers['user-agent']?.startsWith(exemptAgent) === true;

/**
 * `--shutdown-send-retry-after`: while a server stops, new requests get a 429 that closes their connection, and earlier
 * ones are answered. Paths, headers and text are upstream's (`apiserver/pkg/server/filters/with_retry_after.go`).
 */
export class RetryGate {
  #isClosed = false;
  #underWay = 0;
  readonly #waiting: (() => void)[] = [];

  /** A handler that passes requests on until the gate is closed. */
  before(handler: Handler): Handler {
    return (request) => {
      if (isExempt(request)) return handler(request);
      if (this.#isClosed) return Promise.resolve(turnedAway(request));
      this.#underWay++;
      const answer = handler(request);
      void answer.finally(() => this.#leave());
      return answer;
    };
  }

  /**
   * Refuses requests from now on; settles once all earlier ones are answered. Endless responses count as answered when
   * they begin.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    this.#underWay--;
    if (this.#underWay === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function turnedAway({ headers }: ServerRequest) {
  const reply = guardedTextReply(429, 'The apiserver is shutting down, please try again later.\n');
  const own = { 'audit-id': headers['audit-id'] ?? randomUUID(), connection: 'close', 'retry-after': '5' };
  return { ...reply, headers: { ...reply.headers, ...own } };
}
