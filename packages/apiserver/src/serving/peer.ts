import { peerAddress } from '@typernetes/process';
import type { PeerCertificate } from '../request/server-request.ts';
import { type PeerSocket, peerCertificateOf } from './peer-certificate.ts';

/** What all requests of a connection have in common. */
export interface Peer {
  readonly remoteAddress: string;
  readonly clientCertificate: PeerCertificate | undefined;
}

/** Read once for a connection: of TLS it is slow, and HTTP/2 has its socket behind a proxy. */
export const peerOf = (socket: PeerSocket): Peer => ({
  remoteAddress: peerAddress(socket.remoteAddress),
  clientCertificate: peerCertificateOf(socket),
});
