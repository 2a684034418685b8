import { createHash } from 'node:crypto';

/** The cookie that holds the user's bearer token. */
export const cookieName = 'typernetes-dashboard-token';

/** Browsers drop larger cookies without a word (RFC 6265, 6.1). */
export const maxTokenLength = 4000;

/** A bearer token as RFC 6750, 2.1, has it: nothing in it has to be quoted in a cookie. */
export const isToken = (text: string): boolean => /^[\w\-.~+/]+=*$/.test(text);

/** The token of the request's cookies, or undefined when nobody has logged in. */
export function tokenOf(cookies: string | undefined): string | undefined {
  for (const cookie of (cookies ?? '').split(';')) {
    const at = cookie.indexOf('=');
    if (at > 0 && cookie.slice(0, at).trim() === cookieName) {
      const value = cookie.slice(at + 1).trim();
      return isToken(value) ? value : undefined;
    }
  }
  return undefined;
}

/**
 * Without a path the cookie applies to the page's folder (RFC 6265, 5.1.4), which only the browser knows: behind
 * `kubectl proxy` it is a long one. It ends with the browser, scripts cannot read it, and requests from other sites do
 * not carry it.
 */
const attributes = 'HttpOnly; Secure; SameSite=Strict';

export const keptCookie = (token: string): string => `${cookieName}=${token}; ${attributes}`;
export const endedCookie = `${cookieName}=; Max-Age=0; ${attributes}`;

/**
 * A second token that a page must send: pages on other ports of the same host send the cookie as well, but cannot read
 * this. It is derived from the token, so that it survives a restart and is the same in each replica.
 */
export const proofOf = (token: string): string =>
  createHash('sha256').update(`typernetes-dashboard\0${token}`).digest('hex').slice(0, 32);
