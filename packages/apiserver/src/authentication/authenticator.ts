import type { PeerCertificate } from '../request/server-request.ts';

/**
 * The key of audit annotations about the credentials: copies of a user keep it, but it is not part of the user's
 * identity.
 */
export const auditNotes: unique symbol = Symbol('audit notes');

/** The user of a request. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  readonly [auditNotes]?: Readonly<Record<string, string>>;
}

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
