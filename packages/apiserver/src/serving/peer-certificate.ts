import type { TLSSocket } from 'node:tls';
import type { PeerCertificate } from '../request/server-request.ts';

/** The parts of a TLS connection that identify the client. */
export type PeerSocket = Partial<Pick<TLSSocket, 'remoteAddress' | 'getPeerX509Certificate'>>;

const certificates = new WeakMap<object, PeerCertificate | null>();

/** The client's certificate. Reading it from the TLS session is slow, so it is read once per connection. */
export function peerCertificateOf(socket: PeerSocket): PeerCertificate | undefined {
  let known = certificates.get(socket);
  if (known === undefined) {
    known = readFrom(socket) ?? null;
    certificates.set(socket, known);
  }
  return known ?? undefined;
}

function readFrom(socket: PeerSocket): PeerCertificate | undefined {
  const leaf = socket.getPeerX509Certificate?.();
  if (!leaf) return undefined;
  const intermediates: Uint8Array[] = [];
  // A root is of no use: it is trusted already, or not to be.
  let issuer = leaf.issuerCertificate;
  for (; issuer && !issuer.checkIssued(issuer); issuer = issuer.issuerCertificate) intermediates.push(issuer.raw);
  return { raw: leaf.raw, intermediates };
}
