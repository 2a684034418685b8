import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { messageOf } from '@typernetes/base';
import { answerHealth, type HealthEndpoints } from './health.ts';
import { type Metrics, metricsContentType } from './metrics.ts';

export interface ComponentEndpoints {
  readonly health: HealthEndpoints;
  readonly metrics: Pick<Metrics, 'render'>;
  /** Further paths, `/configz` and `/version` say, answered as JSON. */
  readonly json?: Readonly<Record<string, () => unknown>>;
  /**
   * Who may read everything but health. Default: whoever shows a certificate of the client CA, and everybody on plain HTTP.
   */
  mayRead?(request: IncomingMessage): boolean | Promise<boolean>;
  onHealthFailure?(endpoint: string, check: string, error: unknown): void;
}

/** The paths that every component serves: health to anyone, metrics and configuration to authorized clients. */
export function componentHandler(endpoints: ComponentEndpoints): RequestListener {
  return (request, response) => {
    answer(endpoints, request, response).catch((error: unknown) => {
      send(response, 500, `Internal Server Error: ${messageOf(error)}\n`);
    });
  };
}

async function answer(
  endpoints: ComponentEndpoints,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://component');
  const health = await answerHealth(url, endpoints.health, endpoints.onHealthFailure);
  if (health) return send(response, health.status, health.body);
  if (!(await (endpoints.mayRead ?? isAuthorized)(request))) return send(response, 401, 'Unauthorized');
  if (url.pathname === '/metrics') return send(response, 200, endpoints.metrics.render(), metricsContentType);
  const json = endpoints.json && Object.hasOwn(endpoints.json, url.pathname) ? endpoints.json[url.pathname] : undefined;
  if (json) return send(response, 200, JSON.stringify(json()), 'application/json');
  send(response, 404, '404 page not found\n');
}

function isAuthorized(request: IncomingMessage): boolean {
  const socket = request.socket as Partial<TLSSocket>;
  return socket.encrypted !== true || socket.authorized === true;
}

function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff' });
  response.end(body);
}
