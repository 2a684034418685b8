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
