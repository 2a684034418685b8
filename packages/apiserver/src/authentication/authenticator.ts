import type { PeerCertificate } from '../request/server-request.ts';

/** What the audit log is to say of a sender's credentials: copies of a user keep it, and it is no part of who the user is. */
export const auditNotes: unique symbol = Symbol('audit notes');

/** Who sends a request. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  readonly [auditNotes]?: Readonly<Record<string, string>>;
}

/** What a request shows of its sender. */
export interface Credentials {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** When the client sent one in the TLS handshake. */
  readonly clientCertificate?: PeerCertificate;
  /** What it asks for, without the query. */
  readonly path?: string;
}

/**
 * One way to recognise a sender, at once where nobody need be asked. Undefined when the credentials are none of its business; throws a StatusError
 * Unauthorized when they are its business and wrong (expired, bad signature): the next authenticator is still asked.
 */
export interface Authenticator {
  readonly name: string;
  authenticate(credentials: Credentials): UserInfo | undefined | Promise<UserInfo | undefined>;
}
