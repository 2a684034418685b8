import type { Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { systemClock } from '@typernetes/base';
import { isSignedByOneOf, isTakenForItsOwnIssuer } from '@typernetes/client';
import { limitDial } from './dial-limit.ts';

interface Securing {
  /** Makes the connection below, where that is not simply by TCP. */
  readonly through?: (() => Promise<Socket>) | undefined;
  readonly signal?: AbortSignal;
}

/**
 * A TLS connection after its handshake. For a server whose certificate OpenSSL considers self-issued, because it has
 * neither a subject nor an issuer, it connects once more and verifies the signature here, as Go's programs do.
 */
export async function secured(options: ConnectionOptions, how: Securing = {}): Promise<TLSSocket> {
  try {
    return await connected(options, how);
  } catch (error) {
    if (!options.ca || options.rejectUnauthorized === false || !isTakenForItsOwnIssuer(error)) throw error;
    const socket = await connected({ ...options, rejectUnauthorized: false }, how);
    const leaf = socket.getPeerX509Certificate();
    const name = options.servername ?? options.host ?? '';
    if (leaf && isSignedByOneOf(String(options.ca), leaf, { name, now: systemClock.now() })) return socket;
    socket.destroy();
    throw error;
  }
}

async function connected(options: ConnectionOptions, { through, signal }: Securing): Promise<TLSSocket> {
  const below = await through?.();
  return await new Promise((resolve, reject) => {
    const socket = connect({ ...options, ...(below ? { socket: below } : {}) });
    limitDial(socket);
    const onAbort = (): void => void socket.destroy(new Error('the client went away'));
    const fail = (error: Error): void => {
      signal?.removeEventListener('abort', onAbort);
      reject(error);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
