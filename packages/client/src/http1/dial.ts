import { connect as connectTcp, isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  type PeerCertificate,
  type SecureContextOptions,
  type TLSSocket,
  type ConnectionOptions as TlsConnection,
} from 'node:tls';
import type { Clock } from '@typernetes/base';
import type { TlsOptions } from '../tls-options.ts';
import { abortError, onAbort } from './abort-watch.ts';
import { isSignedByOneOf, isTakenForItsOwnIssuer } from './nameless-certificate.ts';
import { contextOfOwnAuthority } from './secure-context.ts';

/** Makes the TCP connection to a place in another way than the system's: through somebody between. */
export type Dial = (place: { readonly host: string; readonly port: number }, signal?: AbortSignal) => Promise<Socket>;

export interface ConnectionOptions {
  readonly url: URL;
  readonly tls: TlsOptions;
  readonly clock: Clock;
  /** The timeout of the TCP connection for an HTTP/1.1 request, without its TLS handshake. */
  readonly connectTimeoutMs?: number | undefined;
  /** The timeout of the head of an HTTP/1.1 response; default: none. */
  readonly answerTimeoutMs?: number | undefined;
  /** The proxy for connections. */
  readonly proxy?: URL | undefined;
  /** Makes connections, instead of `proxy`. */
  readonly dial?: Dial | undefined;
  /** Whether authorities that the environment names stay unread where `tls` has its own. */
  readonly ownAuthorityAlone?: boolean | undefined;
}

/** The timeout of a connection. */
export const dialTimeoutMs = 30_000;
/** Probes of idle connections: how a watch learns that the other machine has died. */
export const keepAliveProbeMs = 30_000;

/** The name that the server's certificate must have; IP addresses are verified without sending them as server name. */
export function tlsConnectOptions({ url, tls }: Pick<ConnectionOptions, 'url' | 'tls'>): Record<string, unknown> {
  const name = tls.serverName ?? hostOf(url);
  return {
    ...identityOf(tls),
    ...(isIP(name) === 0 ? { servername: name } : tls.serverName === undefined ? {} : addressed(name)),
    rejectUnauthorized: !tls.insecureSkipVerify,
  };
}

/** An IP address instead of a host name: never sent, only looked for in the certificate. */
const addressed = (address: string): Record<string, unknown> => ({
  servername: '',
  checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkServerIdentity(address, certificate),
});

function identityOf({ ca, cert, key }: TlsOptions): SecureContextOptions & { ca?: string } {
  return { ...(ca ? trustOf(ca) : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
}

/** As in Go's programs, every given certificate is trusted: intermediate CAs and the server's own certificate, too. */
const trustOf = (ca: string): { ca: string; allowPartialTrustChain: true } => ({
  ca,
  allowPartialTrustChain: true,
});

/** Without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

/** Makes connections to one server. Certificates are read once; TLS sessions are resumed if the server allows. */
export function dialer(options: ConnectionOptions): (signal?: AbortSignal) => Promise<Socket> {
  const { url, tls, clock, connectTimeoutMs = dialTimeoutMs, ownAuthorityAlone } = options;
  const secure = url.protocol === 'https:';
  const place = { host: hostOf(url), port: portOf(url) };
  let prepared: TlsConnection | undefined;
  let session: Buffer | undefined;
  /** Whether OpenSSL has taken the server's certificate for its own issuer: then who has signed it is looked at here. */
  let looksItself = false;

  /** `through` is a connection to the server that a proxy has made. */
  const begin = (through?: Socket): Socket => {
    if (!secure) return through ?? connectTcp(place);
    prepared ??= {
      ...place,
      ...tlsConnectOptions(options),
      secureContext:
        ownAuthorityAlone && tls.ca
          ? contextOfOwnAuthority({ ...identityOf(tls), ca: tls.ca })
          : createSecureContext(identityOf(tls)),
      ALPNProtocols: ['http/1.1'],
    };
    const socket = connectTls({
      ...prepared,
      ...(looksItself ? { rejectUnauthorized: false } : {}),
      ...(session ? { session } : {}),
      ...(through ? { socket: through } : {}),
    });
    socket.on('session', (given) => {
      session = given;
    });
    return socket;
  };

  const direct = (signal?: AbortSignal, through?: Socket): Promise<Socket> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortError(signal));
      const socket = begin(through);
      if (through && !secure) return resolve(socket);
      socket.setNoDelay(true);
      socket.setKeepAlive(true, keepAliveProbeMs);
      const fail = (error: Error): void => {
        settle();
        session = undefined; // perhaps it was the reason
        socket.destroy();
        reject(error);
      };
      const giveUp = (): void => fail(new Error('dial tcp: i/o timeout'));
      const closed = (): void => fail(Object.assign(new Error('EOF'), { code: 'ECONNRESET' }));
      const cancels = [clock.after(connectTimeoutMs, giveUp), clock.after(dialTimeoutMs, giveUp)];
      const made = (): void => cancels[0]?.();
      const ready = (): void => {
        const doubt = looksItself ? doubtOf(socket as TLSSocket, options) : undefined;
        if (doubt) {
          looksItself = false;
          fail(doubt);
          return;
        }
        settle();
        resolve(socket);
      };
      const forget = signal && onAbort(signal, (aborted) => fail(abortError(aborted)));
      const settle = (): void => {
        for (const cancel of cancels) cancel();
        forget?.();
        socket.off('connect', made).off(secure ? 'secureConnect' : 'connect', ready);
        socket.off('error', fail).off('close', closed);
        // Destroying a socket emits no further events.
        socket.on('error', () => {});
      };
      socket.on('connect', made).on(secure ? 'secureConnect' : 'connect', ready);
      socket.on('error', fail).on('close', closed);
    });
  const { proxy, dial } = options;
  const once = dial
    ? async (signal?: AbortSignal) => direct(signal, await dial(place, signal))
    : proxy
      ? async (signal?: AbortSignal) => direct(signal, await tunnelled(place, { proxy, tls, clock, signal }))
      : direct;
  return async (signal) => {
    try {
      return await once(signal);
    } catch (error) {
      if (looksItself || !tls.ca || !isTakenForItsOwnIssuer(error)) throw error;
      looksItself = true;
      return await once(signal);
    }
  };
}

/** Why the server is not believed, where OpenSSL did not believe it. */
function doubtOf(socket: TLSSocket, { url, tls, clock }: ConnectionOptions): Error | undefined {
  if (socket.authorized) return undefined;
  // Named by its code, whatever its type says.
  const code = String(socket.authorizationError);
  const doubt = Object.assign(new Error(code), { code });
  const leaf = socket.getPeerX509Certificate();
  if (!leaf || !tls.ca || !isTakenForItsOwnIssuer(doubt)) return doubt;
  return isSignedByOneOf(tls.ca, leaf, { name: tls.serverName ?? hostOf(url), now: clock.now() }) ? undefined : doubt;
}

/** A connection through the proxy, within the time that a connection may take. */
export async function tunnelled(
  place: { host: string; port: number },
  options: Pick<ConnectionOptions, 'tls' | 'clock'> & { proxy: URL; signal?: AbortSignal | undefined },
): Promise<Socket> {
  const { proxy, tls, clock, signal } = options;
  const { tunnelTo } = await import('./tunnel.ts');
  let socket: Socket | undefined;
  const cancel = clock.after(dialTimeoutMs, () => socket?.destroy(new Error('dial tcp: i/o timeout')));
  const forget = signal && onAbort(signal, (aborted) => socket?.destroy(abortError(aborted)));
  try {
    // As Go's client, a proxy is verified by the same CAs as the server.
    return await tunnelTo(place, proxy, {
      tls: tlsConnectOptions({ url: proxy, tls }),
      onSocket(made) {
        socket = made;
      },
    });
  } finally {
    cancel();
    forget?.();
  }
}
