import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Transport } from '@typernetes/client';
import { relay } from '@typernetes/process';
import { requestBody } from './request-body.ts';
import { askedProtocols } from './request-guard.ts';
import { dataHeaders } from './response-headers.ts';

/**
 * The request headers passed on to the API server. Others concern the browser or the connection, or would state a user.
 */
const requestHeaders = ['accept', 'accept-encoding', 'content-type', 'if-none-match', 'user-agent'] as const;
/** The response headers passed on to the browser. */
const responseHeaders = [
  'content-encoding',
  'content-length',
  'content-type',
  'retry-after',
  'warning',
  'audit-id',
] as const;

interface Passed {
  readonly transport: Transport;
  readonly token: string;
  /** The API path, with its query. */
  readonly path: string;
}

/** Passes a request on with the user's token. The response is streamed: a watch is one without an end. */
export async function passRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { transport, token, path }: Passed,
): Promise<void> {
  const body = await requestBody(request);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const answer = await transport.request({
    method: request.method ?? 'GET',
    path,
    headers: { ...passedHeaders(request.headers), authorization: `Bearer ${token}` },
    ...(body.length > 0 ? { body } : {}),
    signal: gone.signal,
  });
  const passed = responseHeaders.flatMap((name) =>
    answer.headers[name] === undefined ? [] : [[name, answer.headers[name]]],
  );
  response.writeHead(answer.status, { ...Object.fromEntries(passed), ...dataHeaders });
  response.flushHeaders();
  for await (const chunk of answer.body) {
    if (!response.write(chunk))
      await new Promise<void>((resolve) => {
        const go = (): void => {
          response.off('drain', go).off('close', go);
          resolve();
        };
        response.on('drain', go).on('close', go);
      });
  }
  response.end();
}

const passedHeaders = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    requestHeaders.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );

/**
 * Upgrades a connection to WebSocket, for watches and terminals: the browser gets the protocol that the API server
 * accepts, and from then on bytes are copied both ways. Rejects with UpgradeRefusedError when the API server refuses.
 */
export async function passUpgrade(
  request: IncomingMessage,
  { socket, head }: { socket: Duplex; head: Buffer },
  { transport, token, path }: Passed,
): Promise<void> {
  const gone = new AbortController();
  const stop = (): void => gone.abort();
  socket.once('close', stop);
  const { 'sec-websocket-key': key = '', 'sec-websocket-version': version = '13', origin } = request.headers;
  const { passed, form } = askedProtocols(request.headers);
  const server = await transport.upgrade({
    method: 'GET',
    path,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': key,
      'sec-websocket-version': String(version),
      ...(passed.length > 0 ? { 'sec-websocket-protocol': passed.join(', ') } : {}),
      ...(form ? { accept: form.accept } : {}),
      // The API server takes watches of senders that say where they come from.
      ...(origin === undefined ? {} : { origin }),
      authorization: `Bearer ${token}`,
    },
    signal: gone.signal,
  });
  socket.off('close', stop);
  const agreed = form && passed.length === 0 ? { 'sec-websocket-protocol': form.protocol } : {};
  const lines = Object.entries({ ...server.headers, ...agreed }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 101 ${STATUS_CODES[101]}\r\n${lines.join('')}\r\n`);
  if (head.length > 0) server.socket.write(head);
  relay(socket, server.socket);
}
