import { typernetesVersion } from '@typernetes/base';
import type { ApiRequest, ApiResponse, Transport, UpgradedConnection } from '@typernetes/client';
import { UpgradeRefusedError } from '@typernetes/client';
import type { AuthenticatedHandler } from '../handlers/chain.ts';
import type { UserInfo } from '../identity/user-info.ts';
import { blocksOf } from '../request/body-pieces.ts';
import type { Pieces, Reply, ServerRequest, Sink, StreamBody } from '../request/server-request.ts';
import { splitTarget, tooLarge } from './http-request.ts';

/**
 * Calls the handler chain as a given user, without sockets: same requests, same responses, no TLS and no HTTP.
 * `program` is the user agent: the owner of written fields, and the name in the audit log. When `closed` aborts, watches
 * end, as those of a server that shuts down do, and further requests reject with its reason.
 */
export function directTransport(
  handler: AuthenticatedHandler,
  { user, program, closed }: { readonly user: UserInfo; readonly program: string; readonly closed: AbortSignal },
): Transport {
  const userAgent = `${program}/v${typernetesVersion}`;
  const closing = new AbortController();
  const ending = AbortSignal.any([closing.signal, closed]);
  return {
    request: async (request) => {
      const signal = request.signal ? AbortSignal.any([request.signal, ending]) : ending;
      signal.throwIfAborted();
      const reply = await handler(requestOf(request, userAgent, signal), user);
      return responseOf(reply, { signal, endsWith: closed });
    },
    upgrade: async (): Promise<UpgradedConnection> => {
      throw new UpgradeRefusedError(400, 'upgrade needs a connection of its own: use HTTPS');
    },
    close: () => closing.abort(new Error('The transport was closed')),
  };
}

function requestOf(request: ApiRequest, userAgent: string, signal: AbortSignal): ServerRequest {
  const body = typeof request.body === 'string' ? Buffer.from(request.body) : (request.body ?? new Uint8Array());
  const headers = Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    method: request.method,
    ...splitTarget(request.path),
    headers: {
      'user-agent': userAgent,
      ...(body.length > 0 ? { 'content-length': `${body.length}` } : {}),
      ...Object.fromEntries(headers),
    },
    remoteAddress: '',
    body: async (limit) => {
      if (body.length > limit) throw tooLarge(limit);
      return body;
    },
    bodyStream: async function* () {
      yield body;
    },
    signal,
  };
}

interface Reading {
  /** Aborts the writer of the body; its reason is thrown to the reader … */
  readonly signal: AbortSignal;
  /** … unless this one has aborted. */
  readonly endsWith: AbortSignal;
}

function responseOf(reply: Reply, reading: Reading): ApiResponse {
  const headers = Object.entries(reply.headers).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : value.join(', '),
  ]);
  return {
    status: reply.status,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: typeof reply.body === 'function' ? streamed(reply.body, reading) : once(reply.body),
  };
}

async function* once(body: Uint8Array | Pieces | undefined): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) {
    if (body.length > 0) yield body;
  } else if (body) yield* blocksOf(body);
}

/** Runs the body's writer while its chunks are read; ending the iteration early aborts the writer. */
async function* streamed(body: StreamBody, { signal, endsWith }: Reading): AsyncGenerator<Uint8Array> {
  const left = new AbortController();
  const chunks: Uint8Array[] = [];
  let buffered = 0;
  let wake = (): void => {};
  let drain = (): void => {};
  const sink: Sink = {
    write: (chunk) => {
      chunks.push(chunk);
      buffered += chunk.length;
      wake();
      return buffered < 1024 * 1024;
    },
    drained: () =>
      new Promise((resolve) => {
        if (buffered === 0) resolve();
        else drain = resolve;
      }),
    get buffered() {
      return buffered;
    },
    signal: AbortSignal.any([signal, left.signal]),
  };
  let outcome: { error?: unknown } | undefined;
  const writing = body(sink).then(
    () => {
      outcome = {};
      wake();
    },
    (error: unknown) => {
      outcome = { error };
      wake();
    },
  );
  try {
    for (;;) {
      const chunk = chunks.shift();
      if (chunk) {
        buffered -= chunk.length;
        if (buffered === 0) drain();
        yield chunk;
        continue;
      }
      if (outcome) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (!endsWith.aborted) signal.throwIfAborted();
    if (outcome.error !== undefined) throw outcome.error;
  } finally {
    left.abort();
    await writing;
  }
}
