import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { Runnable } from '@typernetes/base';
import { listenAddress } from './listen-address.ts';
import type { TlsRules } from './tls-names.ts';

/** A TLS server's certificate and key, in PEM. */
export interface ServingIdentity {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface ServingOptions {
  /** Appears in errors. */
  readonly name: string;
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly handle: RequestListener;
  /** Without it the server speaks plain HTTP. */
  readonly tls?: ServingIdentity;
  /** TLS settings; default: TLS 1.2 and Node's defaults for everything else. */
  readonly rules?: TlsRules;
  /** PEM bundle: clients are asked for a certificate, and the socket's `authorized` says whether one of these CAs signed it. */
  readonly clientCa?: string;
  /**
   * Asks clients for a certificate that the handler verifies itself, for example because the CAs change at run time.
   */
  readonly asksForCertificate?: boolean;
}

/**
 * The kernel probes whether the peer of a silent connection still exists, as for Go's servers: a machine that lost
 * power sends nothing.
 */
const keepAlive = { keepAlive: true, keepAliveInitialDelay: 15_000 };

/** A server that listens until the signal of `run` aborts. */
export interface Serving extends Runnable {
  /** The port in use. */
  readonly port: number;
  /** Shown to connections made from now on. */
  replaceIdentity(identity: ServingIdentity): void;
  /** Replaces the CAs for clients of new connections; only if clients are asked for a certificate at all. */
  replaceClientCa(pem: string): void;
  /** For `upgrade` and other events that a plain handler does not see. */
  readonly server: Server;
}

/**
 * Listens at once, so that a port in use is known before anything else starts: rejects then with upstream's message.
 * The returned `run` serves until the signal aborts, then closes every connection.
 */
export async function listen(options: ServingOptions): Promise<Serving> {
  const { tls, rules = { minVersion: 'TLSv1.2' } } = options;
  let { clientCa } = options;
  let current = tls;
  const asksForCertificate = clientCa !== undefined || options.asksForCertificate === true;
  const shown = (identity: ServingIdentity): SecureContextOptions => ({
    cert: identity.certificate,
    key: identity.privateKey,
    ...rules,
    // As in Go's programs, an intermediate CA is trusted too.
    ...(clientCa ? { ca: clientCa, allowPartialTrustChain: true } : {}),
  });
  const secureServer = tls
    ? createHttpsServer(
        { ...keepAlive, ...shown(tls), requestCert: asksForCertificate, rejectUnauthorized: false },
        options.handle,
      )
    : undefined;
  const server: Server = secureServer ?? createHttpServer(keepAlive, options.handle);
  // Node's closeAllConnections misses connections in the TLS handshake and upgraded ones.
  const connections = new Set<Socket>();
  server.on('connection', (connection: Socket) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const at = `${options.address.includes(':') ? `[${options.address}]` : options.address}:${options.port}`;
      const why = 'code' in cause && cause.code === 'EADDRINUSE' ? 'bind: address already in use' : cause.message;
      reject(new Error(`failed to listen on ${at}: listen tcp ${at}: ${why}`, { cause }));
    });
    server.listen(options.port, listenAddress(options.address), resolve);
  });
  return {
    name: options.name,
    port: (server.address() as AddressInfo).port,
    server,
    replaceIdentity: (identity) => {
      current = identity;
      secureServer?.setSecureContext(shown(identity));
    },
    replaceClientCa: (pem) => {
      clientCa = pem;
      if (current) secureServer?.setSecureContext(shown(current));
    },
    run: (signal) =>
      new Promise<void>((resolve, reject) => {
        const stop = (): void => {
          server.close(() => resolve());
          for (const connection of connections) connection.destroy();
        };
        server.on('error', reject);
        if (signal.aborted) stop();
        else signal.addEventListener('abort', stop, { once: true });
      }),
  };
}
