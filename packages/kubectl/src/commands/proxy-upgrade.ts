import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { messagesOf } from '@typernetes/base';
import { UpgradeRefusedError } from '@typernetes/client';
import { type ProxyOptions, passedHeaders, proxiedPath } from './proxy-handler.ts';

/**
 * Turns connections over to other protocols, as exec, attach and port-forward ask for them: what the server agrees to is said to the client,
 * and from then on bytes go both ways.
 */
export function proxyUpgrade(options: ProxyOptions): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  return (request, socket, head) => {
    // A client that has gone needs no response.
    socket.on('error', () => undefined);
    upgrade(request, { socket, head }, options).catch((error: unknown) => {
      if (error instanceof UpgradeRefusedError) refuse(socket, error.status, error.body);
      else refuse(socket, 502, `${messagesOf(error)}\n`);
    });
  };
}

async function upgrade(
  request: IncomingMessage,
  { socket, head }: { socket: Duplex; head: Buffer },
  options: ProxyOptions,
): Promise<void> {
  const target = proxiedPath(request, options);
  if ('status' in target) return refuse(socket, target.status, target.text);
  const gone = new AbortController();
  const stop = (): void => gone.abort();
  socket.once('close', stop);
  // Versions of a protocol are sent as separate headers.
  const repeated = Object.entries(request.headersDistinct).filter(([, values = []]) => values.length > 1);
  const names = new Set(repeated.map(([name]) => name));
  const headers = Object.entries(passedHeaders(request.headers)).filter(([name]) => !names.has(name));
  const { connection = 'Upgrade', upgrade: protocol = '' } = request.headers;
  const server = await options.session.client.transport.upgrade({
    method: request.method ?? 'GET',
    path: target.path,
    atRoot: !options.appendServerPath,
    headers: { ...Object.fromEntries(headers), connection, upgrade: protocol },
    repeated: Object.fromEntries(repeated.map(([name, values = []]) => [name, values])),
    signal: gone.signal,
  });
  socket.off('close', stop);
  const lines = Object.entries(server.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 101 ${STATUS_CODES[101]}\r\n${lines.join('')}\r\n`);
  if (head.length > 0) server.socket.write(head);
  server.socket.on('error', () => socket.destroy()).once('close', () => socket.end());
  socket.once('close', () => server.socket.destroy());
  server.socket.pipe(socket);
  socket.pipe(server.socket);
}

function refuse(socket: Duplex, status: number, text: string): void {
  const type = text.startsWith('{') ? 'application/json' : 'text/plain; charset=utf-8';
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}
