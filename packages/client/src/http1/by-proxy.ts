import type { Socket } from 'node:net';
import type { ApiRequest } from '../transport.ts';
import { type ConnectionOptions, dialer } from './dial.ts';

/** How requests to a server by plain HTTP are made of an HTTP proxy. */
export interface ByProxy {
  /** Connects to the proxy. */
  readonly dial: (signal?: AbortSignal) => Promise<Socket>;
  /** The request as the proxy is asked it: of the whole URL (RFC 9112, absolute-form). */
  asked(request: ApiRequest): ApiRequest;
}

/** Undefined where there is no proxy, or where it makes a tunnel instead: to HTTPS servers, and every SOCKS proxy. As Go's client. */
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

/** Who asks, in a proxy's address. */
export interface ProxyCredentials {
  readonly user: string;
  readonly password: string;
}

export function credentialsOf({ username, password }: URL): ProxyCredentials | undefined {
  if (username === '') return undefined;
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/** The value of `Proxy-Authorization`, where the proxy's address says who asks. */
export function proxyAuthorization(proxy: URL): string | undefined {
  const who = credentialsOf(proxy);
  return who && `Basic ${Buffer.from(`${who.user}:${who.password}`).toString('base64')}`;
}
