import { badRequest } from '@typernetes/machinery';
import { relay } from '@typernetes/process';
import { type Reply, type ServerRequest, taken } from '../request/server-request.ts';
import { type Backend, dialBackend, forwardedHeaders } from './backend.ts';

/**
 * Forwards an upgrade request to the backend, byte for byte: the two ends agree on WebSocket or SPDY, and whether to
 * upgrade at all.
 */
export async function tunnelUpgrade(backend: Backend, request: ServerRequest): Promise<Reply> {
  if (!request.takeConnection) throw badRequest('Upgrade request required');
  const upstream = await dialBackend(backend, request.signal);
  const { socket, head } = request.takeConnection();
  upstream.write(headOf(backend, request));
  if (head.length > 0) upstream.write(head);
  relay(socket, upstream);
  return taken;
}

function headOf({ host, port, path, headers: own }: Backend, request: ServerRequest): string {
  const lines = [`${request.method} ${path} HTTP/1.1`, `Host: ${host}:${port}`, 'Connection: Upgrade'];
  lines.push(`Upgrade: ${request.headers.upgrade ?? ''}`);
  const all: Readonly<Record<string, string | readonly string[]>> = { ...forwardedHeaders(request), ...own };
  for (const [name, value] of Object.entries(all)) {
    // Node joins repeated headers; servers of this protocol expect them one by one.
    const values =
      typeof value !== 'string'
        ? value
        : name === 'x-stream-protocol-version'
          ? value.split(',').map((one) => one.trim())
          : [value];
    for (const one of values) lines.push(`${name}: ${one}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
