import type { Socket } from 'node:net';
import type { ApiRequest } from '../transport.ts';
import { type ConnectionOptions, dialer } from './dial.ts';

/** Sends plain HTTP requests through an HTTP proxy. */
interface ByProxy {
  /** Connects to the proxy. */
  readonly dial: (signal?: AbortSignal) => Promise<Socket>;
  /** The request in the form for the proxy: with the full URL (RFC 9112, absolute-form). */
  asked(request: ApiRequest): ApiRequest;
}

/**
 * Undefined without a proxy, or if it is used as a tunnel: for HTTPS servers, and with every SOCKS proxy. As Go's
 * client.
 */
export function byProxy(options: ConnectionOptions): ByProxy | undefined {
  const { url, proxy, dial } = options;
  if (!proxy || dial || url.protocol !== 'http:' || proxy.protocol.startsWith('socks5')) return undefined;
  const toProxy = dialer({ ...options, url: proxy, tls: {}, proxy: undefined });
  const authorization = proxyAuthorization(proxy);
  return {
    async dial(signal) {
      try {
        return await toProxy(signal);
      } catch (error) {
        if (signal?.aborted) throw error;
        throw new Error('proxyconnect tcp', { cause: error });
      }
    },
    asked: (request) => ({
      ...request,
      path: url.origin + request.path,
      ...(authorization ? { headers: { ...request.headers, 'proxy-authorization': authorization } } : {}),
    }),
  };
}

/** The credentials in a proxy's URL. */
interface ProxyCredentials {
  readonly user: string;
  readonly password: string;
}

export function credentialsOf({ username, password }: URL): ProxyCredentials | undefined {
  if (username === '') return undefined;
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/** The value of `Proxy-Authorization`, if the proxy's URL has credentials. */
export function proxyAuthorization(proxy: URL): string | undefined {
  const who = credentialsOf(proxy);
  return who && `Basic ${Buffer.from(`${who.user}:${who.password}`).toString('base64')}`;
}
