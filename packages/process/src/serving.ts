import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { Runnable } from '@typernetes/base';
import { listenAddress } from './listen-address.ts';
import type { TlsRules } from './tls-names.ts';

/** What a TLS server shows, in PEM. */
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
  /** What is agreed to; default: TLS 1.2 and Node's choice of everything else. */
  readonly rules?: TlsRules;
  /** PEM bundle: clients are asked for a certificate, and the socket's `authorized` says whether one of these CAs signed it. */
  readonly clientCa?: string;
  /** Clients are asked for a certificate that the handler judges itself: by authorities that change while the server runs, say. */
  readonly asksForCertificate?: boolean;
}

/** The kernel asks whether the other side of a silent connection is there at all, as Go's servers have it do: a machine that lost its power says no goodbye. */
const keepAlive = { keepAlive: true, keepAliveInitialDelay: 15_000 };

/** A server that listens until its `run` is told to stop. */
export interface Serving extends Runnable {
  /** The port in use. */
  readonly port: number;
  /** Shown to connections made from now on. */
  replaceIdentity(identity: ServingIdentity): void;
  /** Whom clients of connections made from now on are believed by; only where clients are asked for a certificate at all. */
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
    // An authority that another one has signed is trusted too, as by Go's programs.
    ...(clientCa ? { ca: clientCa, allowPartialTrustChain: true } : {}),
  });
  const secureServer = tls
    ? createHttpsServer(
        { ...keepAlive, ...shown(tls), requestCert: asksForCertificate, rejectUnauthorized: false },
        options.handle,
      )
    : undefined;
  const server: Server = secureServer ?? createHttpServer(keepAlive, options.handle);
  // Node's closeAllConnections knows neither of those that have not agreed on TLS yet nor of those that speak something else by now.
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
