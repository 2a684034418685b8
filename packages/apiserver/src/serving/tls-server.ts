import type { AddressInfo, Socket } from 'node:net';
import {
  createSecureContext,
  createServer,
  DEFAULT_CIPHERS,
  type SecureContext,
  type SecureContextOptions,
  type Server,
} from 'node:tls';
import { type Clock, type Random, systemClock, systemRandom } from '@typernetes/base';
import { listenAddress } from '@typernetes/process';
import type { Handler } from '../handlers/handler.ts';
import { Exchanges } from './exchanges.ts';
import { Http1Server } from './http1/server.ts';
import { http2Server } from './http2.ts';
import { type NamedCertificate, namedCertificateFor } from './named-certificates.ts';

/**
 * Certificates and CAs of the server. CAs only cause clients to be asked for certificates: verifying them is
 * authentication.
 */
export interface TlsMaterial {
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
  /** PEM of the CAs whose names are sent to clients when they are asked for a certificate. */
  readonly clientCa?: string | Uint8Array;
  /** Presented instead to clients that ask for one of their names. */
  readonly named?: readonly NamedCertificate[];
}

/** The settings of connections, apart from certificates. */
export interface ConnectionRules {
  /** `TLSv1.2` (the default) or `TLSv1.3`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** OpenSSL names, joined by colons; default: OpenSSL's choice. Those of TLS 1.3 cannot be chosen. */
  readonly ciphers?: string;
  readonly maxStreams?: number;
  /** The probability that a request sends GOAWAY on its HTTP/2 connection: spreads long-lived clients over servers. */
  readonly goawayChance?: number;
  /** Whether HTTP/2 is offered. */
  readonly http2?: boolean;
}

export interface Listening {
  readonly port: number;
  /** New connections get this material from now on. */
  reload(material: TlsMaterial): void;
  /**
   * Stops accepting, ends watches and other streams, lets requests in flight finish for at most `graceMs` (default:
   * none), cuts the rest, and settles when everything is closed.
   */
  close(graceMs?: number): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly material: TlsMaterial;
  readonly rules?: ConnectionRules;
  readonly clock?: Clock;
  readonly random?: Random;
  /** A connection ended before both sides agreed on TLS. */
  readonly handshakeFailed?: () => void;
  /** The time limit of the TLS handshake in ms; default: 32 s, as upstream. */
  readonly handshakeMs?: number;
}

/**
 * After this much silence the kernel probes whether the other side still exists, in ms: a machine that lost power sends
 * nothing. As upstream.
 */
const keepAliveMs = 180_000;

/** As Go's servers with AES hardware: the cheapest first. OpenSSL would prefer AES-256. */
const preferredCiphers = [...new Set(['TLS_AES_128_GCM_SHA256', ...DEFAULT_CIPHERS.split(':')])].join(':');

function contextOf(
  { cert, key, clientCa }: Pick<TlsMaterial, 'cert' | 'key' | 'clientCa'>,
  { minVersion = 'TLSv1.2', ciphers }: ConnectionRules,
): SecureContextOptions {
  return {
    cert: Buffer.from(cert),
    key: Buffer.from(key),
    ...(clientCa ? { ca: Buffer.from(clientCa) } : {}),
    minVersion,
    ciphers: ciphers ?? preferredCiphers,
  };
}

/** Listens with TLS and gives each connection to the HTTP version that it negotiated. */
export function listenTls(handler: Handler, options: ListenOptions): Promise<Listening> {
  const { rules = {}, clock = systemClock, random = systemRandom, handshakeMs = 32_000 } = options;
  const { goawayChance = 0 } = rules;
  const exchanges = new Exchanges();
  const http1 = new Http1Server({ handler, exchanges, clock });
  const http2 = http2Server(handler, exchanges, {
    clock,
    maxStreams: rules.maxStreams,
    sendsAway: goawayChance > 0 ? () => random.next() < goawayChance : undefined,
  });
  let named = namedContexts(options.material, rules);
  const server: Server = createServer({
    ...contextOf(options.material, rules),
    ALPNProtocols: rules.http2 === false ? ['http/1.1'] : ['h2', 'http/1.1'],
    handshakeTimeout: handshakeMs,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
    requestCert: true,
    // A client without a valid certificate may still have a token: authentication decides.
    rejectUnauthorized: false,
    // Without a context of its own, a name gets the server's.
    SNICallback: (name, done) => done(null, namedCertificateFor(name, named)?.context),
  });
  const connections = new Set<Socket>();
  server.on('connection', (connection) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  });
  server.on('secureConnection', (socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    if (socket.alpnProtocol === 'h2') http2.server.emit('connection', socket);
    else http1.accept(socket);
  });
  server.on('tlsClientError', (_error, socket) => {
    options.handshakeFailed?.();
    // Node only emits an event when a handshake takes too long.
    socket.destroy();
  });
  const close = async (graceMs: number): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    exchanges.endStreams();
    if (graceMs > 0) {
      http2.sendAllAway();
      http1.retireIdle();
      const late = new AbortController();
      await Promise.race([exchanges.untilIdle(), clock.sleep(graceMs, late.signal).catch(() => {})]);
      late.abort();
    }
    for (const connection of connections) connection.destroy();
    await closed;
  };
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: listenAddress(options.host), port: options.port, backlog: 1024 }, () => {
      server.off('error', reject);
      resolve({
        port: (server.address() as AddressInfo).port,
        reload: (material) => {
          const next = namedContexts(material, rules);
          server.setSecureContext(contextOf(material, rules));
          named = next;
        },
        close: (graceMs = 0) => close(graceMs),
      });
    });
  });
}

function namedContexts(
  { named = [], clientCa }: TlsMaterial,
  rules: ConnectionRules,
): (NamedCertificate & { readonly context: SecureContext })[] {
  return named.map((one) => ({
    ...one,
    context: createSecureContext(contextOf({ ...one, ...(clientCa ? { clientCa } : {}) }, rules)),
  }));
}
