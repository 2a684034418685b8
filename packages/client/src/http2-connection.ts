import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import type { ConnectionOptions } from './http1/dial.ts';
import { dialTimeoutMs, tlsConnectOptions } from './http1/dial.ts';
import type { ApiRequest, ApiResponse, Transport } from './transport.ts';

/** A session that does not answer a ping within this time is closed. */
const pingEveryMs = 30_000;
const pingTimeoutMs = 15_000;
const windowBytes = 4 * 1024 * 1024;

/** One HTTP/2 session for all requests, created on demand and again after it has ended. */
export function http2Connection(options: ConnectionOptions): Transport {
  // Loaded with the first session: most programs have none.
  const { connect } = process.getBuiltinModule('node:http2');
  let current: ClientHttp2Session | undefined;

  const session = (): ClientHttp2Session => {
    if (current && !current.closed && !current.destroyed) return current;
    const made = connect(options.url.origin, {
      ...tlsConnectOptions(options),
      settings: { initialWindowSize: windowBytes, enablePush: false },
    });
    made.once('connect', () => made.setLocalWindowSize(windowBytes));
    // Each stream reports the failure to its own request; the session's event only needs some listener.
    made.on('error', () => {});
    made.once('goaway', () => made.close());
    watchOver(made, options);
    current = made;
    return made;
  };

  return {
    request: (request) =>
      new Promise((resolve, reject) => {
        if (request.signal?.aborted) return reject(request.signal.reason);
        const stream = open(session(), options.url, request);
        stream.once('response', (headers) => resolve(responseOf(stream, headers)));
        stream.once('error', reject);
        stream.once('close', () => reject(new Error('connection closed before an answer came')));
        if (request.body !== undefined) stream.end(request.body);
      }),
    upgrade: () => Promise.reject(new Error('Cannot upgrade an HTTP/2 stream')),
    close: () => current?.destroy(),
  };
}

function open(
  session: ClientHttp2Session,
  url: URL,
  { method, path, headers, body, signal }: ApiRequest,
): ClientHttp2Stream {
  return session.request(
    {
      ...headers,
      ':method': method,
      ':path': path,
      ':authority': url.host,
    },
    // Said explicitly: left alone, Node allows a DELETE no body.
    { signal, endStream: body === undefined },
  );
}

function responseOf(stream: ClientHttp2Stream, received: Readonly<Record<string, unknown>>): ApiResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(received)) if (!name.startsWith(':')) headers[name] = String(value);
  return { status: Number(received[':status']), headers, body: stream };
}

function watchOver(session: ClientHttp2Session, { clock }: ConnectionOptions): void {
  let cancel = clock.after(dialTimeoutMs, () => session.destroy(new Error('dial tcp: i/o timeout')));
  const again = (): void => {
    cancel = clock.after(pingEveryMs, () => {
      if (session.closed || session.destroyed) return;
      cancel = clock.after(pingTimeoutMs, () => session.destroy(new Error('http2: client connection lost')));
      session.ping((error) => {
        cancel();
        if (!error) again();
      });
    });
  };
  session.once('connect', () => {
    cancel();
    again();
  });
  session.once('close', () => cancel());
}
