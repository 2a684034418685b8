import type { UserInfo } from '../identity/user-info.ts';
import type { PeerCertificate } from '../request/server-request.ts';

/** The parts of a request that identify its sender. */
export interface Credentials {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** From the TLS handshake, if the client sent one. */
  readonly clientCertificate?: PeerCertificate;
  /** The path of the request, without the query. */
  readonly path?: string;
}

/**
 * One authentication method; returns no promise if it calls no other service. Returns undefined when the credentials
 * are of another kind; throws a StatusError Unauthorized when they are invalid (expired, bad signature): then the next
 * authenticator is still tried.
 */
export interface Authenticator {
  readonly name: string;
  authenticate(credentials: Credentials): UserInfo | undefined | Promise<UserInfo | undefined>;
}
