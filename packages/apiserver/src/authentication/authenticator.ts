import type { PeerCertificate } from '../request/server-request.ts';

/** Key of audit annotations about the credentials: copies of a user keep it, but it is no part of the user's identity. */
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
 * One way to authenticate, without a promise where no other service is called. Returns undefined when the credentials are not of its kind;
 * throws a StatusError Unauthorized when they are, but invalid (expired, bad signature): the next authenticator is still tried.
 */
export interface Authenticator {
  readonly name: string;
  authenticate(credentials: Credentials): UserInfo | undefined | Promise<UserInfo | undefined>;
}
