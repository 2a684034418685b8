import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { messageOf } from '@typernetes/base';
import { DialError } from './dial-error.ts';
import type { EgressProxy } from './egress-proxy.ts';

/** The maximum size of a response head (as upstream). */
const mostHeadBytes = 1024 * 1024;
const headEnd = '\r\n\r\n';

interface ConnectProxyOptions {
  /** The form in messages: `host:port`, or the path of a socket. */
  readonly address: string;
  /** Where it listens. */
  readonly at: { readonly path: string } | { readonly host: string; readonly port: number };
  /** Undefined: it is spoken to in the clear. */
  readonly tls?: ConnectionOptions;
}

/** A proxy reached by HTTP CONNECT, with one connection for each target. */
export function connectProxy({ address, at, tls }: ConnectProxyOptions): EgressProxy {
  return {
    protocol: 'http_connect',
    transport: 'path' in at ? 'uds' : 'tcp',
    async dial(place, signal) {
      const socket = tls ? connectTls({ ...at, ...tls }) : connectTcp(at);
      const giveUp = (): void => void socket.destroy(signal.reason as Error);
      signal.addEventListener('abort', giveUp, { once: true });
      try {
        await opened(socket, tls ? 'secureConnect' : 'connect');
        await asked(socket, place, address);
      } catch (error) {
        socket.destroy();
        throw error;
      } finally {
        signal.removeEventListener('abort', giveUp);
      }
      return socket;
    },
    close: () => undefined,
  };
}

function opened(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new DialError(messageOf(error), 'connect', { cause: error }));
    socket.once('error', fail);
    socket.once(event, () => {
      socket.off('error', fail);
      socket.setNoDelay(true);
      resolve();
    });
  });
}

async function asked(socket: Socket, place: string, proxy: string): Promise<void> {
  socket.write(`CONNECT ${place} HTTP/1.1\r\nHost: 127.0.0.1${headEnd}`);
  const head = await headOf(socket).catch((error: Error) => {
    throw new DialError(
      `reading HTTP response from CONNECT to ${place} via proxy ${proxy} failed: ${messageOf(error)}`,
      'proxy',
      { cause: error },
    );
  });
  const [first = ''] = head.split('\r\n');
  const [, status = '', code = ''] = /^HTTP\/1\.\d ((\d{3}).*)$/.exec(first) ?? [];
  if (code !== '200')
    throw new DialError(
      code === ''
        ? `reading HTTP response from CONNECT to ${place} via proxy ${proxy} failed: malformed HTTP response ${JSON.stringify(first)}`
        : `proxy error from ${proxy} while dialing ${place}, code ${code}: ${status}`,
      'proxy',
    );
}

/** Reads the response's head. What follows belongs to the target and stays in the socket. */
function headOf(socket: Socket): Promise<string> {
  let bytes = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      socket.off('readable', read).off('end', ended).off('close', ended).off('error', failed);
    };
    const failed = (error: Error): void => {
      settle();
      reject(error);
    };
    const ended = (): void => failed(new Error('unexpected EOF'));
    // Read, not pushed: whoever gets the socket afterwards decides how it flows.
    const read = (): void => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf(headEnd);
      if (end < 0) {
        if (bytes.length > mostHeadBytes) failed(new Error('the head of the answer is too long'));
        return;
      }
      settle();
      const rest = bytes.subarray(end + headEnd.length);
      if (rest.length > 0) socket.unshift(rest);
      resolve(bytes.subarray(0, end).toString('latin1'));
    };
    socket.on('readable', read).on('end', ended).on('close', ended).on('error', failed);
  });
}
