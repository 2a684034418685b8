import { type IncomingMessage, type RequestListener, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Logger, messagesOf } from '@typernetes/base';
import { type Transport, UpgradeRefusedError } from '@typernetes/client';
import { reasonOf, StatusError } from '@typernetes/machinery';
import { answerHealth, ping } from '@typernetes/process';
import { apiPath, apiPrefix } from './api-path.ts';
import { passRequest, passUpgrade } from './api-relay.ts';
import { failure, sendFailure } from './json-answer.ts';
import { pageFiles } from './page-files.ts';
import { admitted } from './request-guard.ts';
import { answerSession } from './session.ts';

export interface DashboardOptions {
  /** The transport to the API server, without any credentials. */
  readonly transport: Transport;
  /** The folder of the built page. */
  readonly page: string;
  readonly log: Logger;
}

export interface Dashboard {
  readonly handle: RequestListener;
  /** For the server's event of that name. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** The page, sessions, and the API with the rights of whoever has logged in. Throws when the page is not there. */
export function dashboard(options: DashboardOptions): Dashboard {
  const { transport, log } = options;
  const files = pageFiles(options.page);

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/' } = request;
    const path = pathOf(url);
    if (path === '/session') return answerSession(request, response, transport);
    if (url.startsWith(`${apiPrefix}/`)) return passRequest(request, response, { transport, ...passable(request) });
    if (method !== 'GET' && method !== 'HEAD')
      throw failure('MethodNotAllowed', 'the server does not allow this method on the page');
    const health = await answerHealth(new URL(`http://dashboard${path}`), healthChecks);
    if (health) {
      response.writeHead(health.status, { 'content-type': 'text/plain; charset=utf-8' }).end(health.body);
      return;
    }
    if (!(await files.answer(path, request, response))) throw failure('NotFound', 'There is no such page');
  };

  return {
    handle: (request, response) => {
      answer(request, response).catch((error: unknown) => {
        const known = asFailure(error);
        if (known.code >= 500 && !response.destroyed)
          log.error('Cannot answer request', error, { path: pathOf(request.url) });
        if (response.headersSent) response.destroy();
        else sendFailure(response, known);
      });
    },
    upgrade: (request, socket, head) => {
      // A client that disconnects needs no response.
      socket.on('error', () => undefined);
      const pass = async (): Promise<void> =>
        passUpgrade(request, { socket, head }, { transport, ...passable(request) });
      pass().catch((error: unknown) => refuse(socket, error));
    },
  };
}

const healthChecks = { healthz: [ping], livez: [ping], readyz: [ping] };

const pathOf = (url = '/'): string => url.split('?')[0] ?? '/';

/** The parts of the request to pass on, and the user's token. Throws a StatusError if the request is refused. */
function passable(request: IncomingMessage): { token: string; path: string } {
  const admission = admitted(request.headers);
  if ('status' in admission) throw failure(admission.status === 401 ? 'Unauthorized' : 'Forbidden', admission.message);
  const target = apiPath(request.url ?? '/');
  if ('problem' in target) throw failure('Forbidden', `The path ${target.problem}`);
  return { token: admission.token, path: target.path };
}

const asFailure = (error: unknown): StatusError =>
  reasonOf(error) === undefined
    ? new StatusError('ServiceUnavailable', `Cannot reach the API server: ${messagesOf(error)}`, { code: 502 })
    : (error as StatusError);

function refuse(socket: Duplex, error: unknown): void {
  const known = asFailure(error);
  const isAnswered = error instanceof UpgradeRefusedError;
  const status = isAnswered ? error.status : known.code;
  const text = isAnswered ? error.body : JSON.stringify(known.toStatus());
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`);
}
