import type { TLSSocket } from 'node:tls';

/** What of a TLS connection tells who is at its other end. */
export type PeerSocket = Partial<Pick<TLSSocket, 'remoteAddress' | 'getPeerX509Certificate'>>;

const certificates = new WeakMap<object, Uint8Array | null>();

/** The client's certificate in DER. Reading it from the TLS session is slow: once for each connection. */
export function peerCertificateOf(socket: PeerSocket): Uint8Array | undefined {
  let raw = certificates.get(socket);
  if (raw === undefined) {
    raw = socket.getPeerX509Certificate?.()?.raw ?? null;
    certificates.set(socket, raw);
  }
  return raw ?? undefined;
}
