import type { AddressInfo } from 'node:net';
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import type { Handler } from '../handlers/handler.ts';
import { http1Server } from './http1.ts';
import { http2Server } from './http2.ts';

/** What the server shows and whom it believes. Authorities only ask clients for certificates: checking them is authentication. */
export interface TlsMaterial {
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
  /** PEM of the authorities whose names are shown to clients when they are asked for a certificate. */
  readonly clientCa?: string | Uint8Array;
}

export interface Listening {
  readonly port: number;
  /** New connections get this material from now on. */
  reload(material: TlsMaterial): void;
  /** Stops accepting, cuts what is open, and settles when all is closed. */
  close(): Promise<void>;
}

const contextOf = ({ cert, key, clientCa }: TlsMaterial): SecureContextOptions => ({
  cert: Buffer.from(cert),
  key: Buffer.from(key),
  ...(clientCa ? { ca: Buffer.from(clientCa) } : {}),
  minVersion: 'TLSv1.2',
});

/** Listens with TLS and gives each connection to the HTTP version that it negotiated. */
export function listenTls(
  handler: Handler,
  options: { host: string; port: number; material: TlsMaterial },
): Promise<Listening> {
  const http1 = http1Server(handler);
  const http2 = http2Server(handler);
  const server: Server = createServer({
    ...contextOf(options.material),
    ALPNProtocols: ['h2', 'http/1.1'],
    requestCert: true,
    // Whoever has no certificate, or a wrong one, may still have a token: authentication decides.
    rejectUnauthorized: false,
  });
  const sockets = new Set<TLSSocket>();
  server.on('secureConnection', (socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    (socket.alpnProtocol === 'h2' ? http2 : http1).emit('connection', socket);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port, backlog: 1024 }, () => {
      server.off('error', reject);
      resolve({
        port: (server.address() as AddressInfo).port,
        reload: (material) => server.setSecureContext(contextOf(material)),
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const socket of sockets) socket.destroy();
            http1.closeAllConnections();
          }),
      });
    });
  });
}
