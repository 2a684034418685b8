import type { TLSSocket } from 'node:tls';

const certificates = new WeakMap<object, Uint8Array | null>();

/** The client's certificate in DER. Reading it from the TLS session is slow: once for each connection. */
export function peerCertificateOf(socket: TLSSocket): Uint8Array | undefined {
  let raw = certificates.get(socket);
  if (raw === undefined) {
    raw = socket.getPeerX509Certificate?.()?.raw ?? null;
    certificates.set(socket, raw);
  }
  return raw ?? undefined;
}
