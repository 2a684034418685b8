import type { Reply } from '../request/server-request.ts';
import type { Handler } from './handler.ts';

/** The headers for browsers. */
export interface BrowserRules {
  /** Whether pages of that origin may read answers. */
  readonly allowsOrigin: (origin: string) => boolean;
  /** Directives of Strict-Transport-Security; empty for none. */
  readonly strictTransport: readonly string[];
}

const crossOrigin = {
  'access-control-allow-methods': 'POST, GET, OPTIONS, PUT, DELETE, PATCH',
  'access-control-allow-headers':
    'Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, X-Requested-With, If-Modified-Since',
  'access-control-expose-headers': 'Date',
  'access-control-allow-credentials': 'true',
} as const;

/** Adds what browsers want to know, as upstream's server does, and answers what they ask before they send a request. */
export function withBrowserHeaders(handler: Handler, { allowsOrigin, strictTransport }: BrowserRules): Handler {
  const always: Reply['headers'] =
    strictTransport.length > 0 ? { 'strict-transport-security': strictTransport.join('; ') } : {};
  return async (request) => {
    const { origin } = request.headers;
    const isAllowed = origin !== undefined && allowsOrigin(origin);
    const own: Reply['headers'] = isAllowed
      ? { ...always, 'access-control-allow-origin': origin, ...crossOrigin }
      : always;
    if (isAllowed && request.method === 'OPTIONS') return { status: 204, headers: own, body: undefined };
    const reply = await handler(request);
    return { ...reply, headers: { ...reply.headers, ...own } };
  };
}
