import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { type Clock, codeOf } from '@typernetes/base';
import type { TlsOptions } from './http-transport.ts';
import { type ApiRequest, type ApiResponse, readBody, type Transport, type UpgradedConnection } from './transport.ts';
import { UpgradeRefusedError } from './upgrade-refused.ts';

export interface ConnectionOptions {
  readonly url: URL;
  readonly tls: TlsOptions;
  readonly clock: Clock;
  /** How long the TCP connection of an HTTP/1.1 request may take to be made, its TLS handshake not included. */
  readonly connectTimeoutMs?: number | undefined;
}

/** How long a connection may take to be made. */
const dialTimeoutMs = 30_000;
/** Probes of idle connections: how a watch learns that the other machine has died. */
const keepAliveProbeMs = 30_000;

/** The name that the server's certificate must carry; addresses are checked without being sent. */
export function tlsConnectOptions({ url, tls }: Pick<ConnectionOptions, 'url' | 'tls'>): Record<string, unknown> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const name = tls.serverName ?? host;
  return {
    ...(tls.ca ? { ca: tls.ca } : {}),
    ...(tls.cert ? { cert: tls.cert } : {}),
    ...(tls.key ? { key: tls.key } : {}),
    ...(isIP(name) === 0 ? { servername: name } : {}),
    rejectUnauthorized: !tls.insecureSkipVerify,
  };
}

/** HTTP/1.1 with connections that are kept alive: as many as there are requests under way. */
export function http1Connection(options: ConnectionOptions): Transport {
  const { url } = options;
  const secure = url.protocol === 'https:';
  const pooling = { keepAlive: true, keepAliveMsecs: keepAliveProbeMs, noDelay: true };
  const agent = secure ? new HttpsAgent({ ...pooling, ...tlsConnectOptions(options) }) : new HttpAgent(pooling);
  const base = {
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    agent,
  };

  const start = ({ method, path, headers, body, signal }: ApiRequest): ClientRequest => {
    // Node says nothing of the body of a DELETE by itself: the server would read it as the next request.
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = (secure ? httpsRequest : httpRequest)({
      ...base,
      method,
      path,
      headers: { ...headers, ...length },
      signal,
    });
    limitDial(outgoing, options);
    return outgoing;
  };
  const once = (request: ApiRequest): Promise<ApiResponse> =>
    new Promise((resolve, reject) => {
      const outgoing = start(request);
      outgoing.on('response', (incoming) => resolve(responseOf(incoming)));
      outgoing.on('error', (error) => reject(outgoing.reusedSocket ? new StaleConnectionError(error) : error));
      outgoing.end(request.body);
    });

  return {
    async request(request) {
      try {
        return await once(request);
      } catch (error) {
        if (!(error instanceof StaleConnectionError)) throw error;
        if (!error.closedByServer || !isIdempotent(request)) throw error.cause;
        return await once(request);
      }
    },
    upgrade: (request) =>
      new Promise<UpgradedConnection>((resolve, reject) => {
        const outgoing = start(request);
        outgoing.on('upgrade', (incoming, socket, head) => {
          if (head.length > 0) socket.unshift(head);
          resolve({ headers: headersOf(incoming), socket });
        });
        outgoing.on('response', (incoming) => {
          const response = responseOf(incoming);
          readBody(response).then(
            (body) => reject(new UpgradeRefusedError(response.status, Buffer.from(body).toString('utf8'))),
            reject,
          );
        });
        outgoing.on('error', reject);
        outgoing.end(request.body);
      }),
    close: () => agent.destroy(),
  };
}

/** A connection that had been kept alive failed before an answer came: perhaps the server had just closed it. */
class StaleConnectionError extends Error {
  readonly closedByServer: boolean;

  constructor(cause: Error) {
    super('Cannot use connection', { cause });
    const code = codeOf(cause);
    this.closedByServer = code === 'ECONNRESET' || code === 'EPIPE';
  }
}

function isIdempotent({ method }: ApiRequest): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

function limitDial(outgoing: ClientRequest, { url, clock, connectTimeoutMs = dialTimeoutMs }: ConnectionOptions): void {
  const ready = url.protocol === 'https:' ? 'secureConnect' : 'connect';
  outgoing.on('socket', (socket) => {
    if (!socket.connecting) return;
    const giveUp = (): void => void outgoing.destroy(new Error('dial tcp: i/o timeout'));
    const limits = [
      { event: 'connect', cancel: clock.after(connectTimeoutMs, giveUp) },
      { event: ready, cancel: clock.after(dialTimeoutMs, giveUp) },
    ];
    for (const { event, cancel } of limits) {
      socket.once(event, cancel);
      socket.once('close', cancel);
    }
  });
}

function responseOf(incoming: IncomingMessage): ApiResponse {
  return { status: incoming.statusCode ?? 0, headers: headersOf(incoming), body: incoming };
}

function headersOf(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return headers;
}
