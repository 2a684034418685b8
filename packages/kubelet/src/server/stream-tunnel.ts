import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { relay } from '@typernetes/process';
import { StreamOpenings } from './stream-openings.ts';

/** Hop-by-hop headers, and those that only concern this server. */
const dropped = new Set(['host', 'authorization']);

/** Timers take no more; nobody waits for so long. */
const longestTimer = 2 ** 31 - 1;

/**
 * Hands a connection over to the runtime's own streaming server: sends the same upgrade request to `url`, and from then
 * on copies bytes both ways unread. Client and runtime speak whatever protocol they agree on; if the runtime refuses
 * the upgrade, the client gets its response. A connection that is idle for `idleMs` is closed; 0 disables that.
 */
export function tunnel(
  request: IncomingMessage,
  socket: Duplex,
  { head, url, idleMs }: { readonly head: Buffer; readonly url: string; readonly idleMs: number },
): void {
  // It may have gone while the runtime was asked, and will not say so again.
  if (socket.destroyed) return;
  const target = new URL(url);
  const upstream = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
  const lines = [`${request.method} ${target.pathname}${target.search} HTTP/1.1`, `Host: ${target.host}`];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] as string;
    if (!dropped.has(name.toLowerCase())) lines.push(`${name}: ${request.rawHeaders[i + 1]}`);
  }
  const gone = (): void => void upstream.destroy();
  socket.on('error', gone);
  socket.once('close', gone);
  const refused = (error: Error): void => {
    socket.end(answerOf(`error dialing the runtime's streaming server: ${error.message}`));
  };
  upstream.once('error', refused);
  upstream.once('connect', () => {
    upstream.off('error', refused);
    socket.off('error', gone);
    socket.off('close', gone);
    upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
    if (head.length > 0) socket.unshift(head);
    // Over WebSockets no stream is opened, so there is nothing to wait for.
    const isSpdy = request.headers.upgrade?.toLowerCase() === 'spdy/3.1';
    relay(socket, upstream, isSpdy ? { farewell: new StreamOpenings() } : {});
    // All data in either direction passes here.
    if (idleMs > 0 && idleMs <= longestTimer) upstream.setTimeout(idleMs, () => upstream.destroy());
  });
}

function answerOf(message: string): string {
  const head = ['HTTP/1.1 500 Internal Server Error', 'Content-Type: text/plain; charset=utf-8', 'Connection: close'];
  return `${head.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(message) + 1}\r\n\r\n${message}\n`;
}
