import type { Clock } from '@typernetes/base';
import { type Dial, httpTransport, readBody } from '@typernetes/client';

/** Reads an address with GET, whatever the status. `ca` is PEM; without it the system's authorities count. */
export type FetchText = (
  url: string,
  options: { readonly ca: string | undefined; readonly accept?: string; readonly token?: string },
) => Promise<{ readonly status: number; readonly text: string }>;

const timeoutMs = 30_000;

/** Opens a connection for each request, since requests are rare. Rejects after half a minute without a response. */
export function fetchText(clock: Clock, dial?: Dial): FetchText {
  return async (url, { ca, accept, token }) => {
    const { origin, pathname, search } = new URL(url);
    const transport = httpTransport({
      server: origin,
      userAgent: 'kube-apiserver',
      ...(ca ? { tls: { ca } } : {}),
      ...(token ? { token } : {}),
      clock,
      dial,
    });
    const late = new AbortController();
    const cancel = clock.after(timeoutMs, () => late.abort(new Error('context deadline exceeded')));
    try {
      const response = await transport.request({
        method: 'GET',
        path: pathname + search,
        headers: accept ? { accept } : {},
        signal: late.signal,
      });
      return { status: response.status, text: Buffer.from(await readBody(response)).toString() };
    } finally {
      cancel();
      transport.close();
    }
  };
}
