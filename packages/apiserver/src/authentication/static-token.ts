import { createHash } from 'node:crypto';
import type { UserInfo } from '../identity/user-info.ts';
import type { TokenAuthenticator } from './bearer-token.ts';

/** The users of `--token-auth-file` by the digests of their tokens: lines of `token,user,uid[,"group1,group2"]`. Throws for a line with less. */
export function decodeTokenFile(text: string): Map<string, UserInfo> {
  const users = new Map<string, UserInfo>();
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const [token = '', username, uid, groups] = csvFields(line);
    if (uid === undefined)
      throw new Error(
        `token file must have at least 3 columns (token, user name, user uid), found ${csvFields(line).length}`,
      );
    // As upstream, skips empty tokens with a warning; the last of equal ones wins.
    if (token === '') continue;
    users.set(digestOf(token), {
      username: username ?? '',
      uid,
      groups: (groups ?? '').split(',').filter((group) => group !== ''),
    });
  }
  return users;
}

/** Tokens that never change while the server runs. Compared by digest, so that timing reveals nothing about them. */
export function staticTokenAuthenticator(users: ReadonlyMap<string, UserInfo>): TokenAuthenticator {
  return {
    name: 'static-token',
    authenticateToken: async (token) => {
      const user = users.get(digestOf(token));
      return user && { user };
    },
  };
}

const digestOf = (token: string): string => createHash('sha256').update(token).digest('base64');

/** The fields of one CSV line: quotes may enclose commas, doubled quotes stand for one. */
function csvFields(line: string): string[] {
  const fields: string[] = [];
  for (const [, quoted, plain] of line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^",]*))/g))
    fields.push(quoted === undefined ? (plain ?? '').trim() : quoted.replaceAll('""', '"'));
  return fields;
}
