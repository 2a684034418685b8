import type { IncomingMessage } from 'node:http';
import type { Tracer } from '@typernetes/process/tracing';
import { textReply } from '../request/reply.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { Reply, ServerRequest } from '../request/server-request.ts';
import { type Backend, dialText, forwardedHeaders, sendTo } from '../tunnel/backend.ts';
import { replyOf } from '../tunnel/forward.ts';
import { tunnelUpgrade } from '../tunnel/upgrade.ts';
import { type RemoteServer, remoteUserHeaders } from './remote-server.ts';

/** Upstream's response for an unavailable server. */
export const unavailable = (): Reply => textReply(503, 'service unavailable\n');

/** Forwards a request to the server behind an APIService, in the name of its user. */
export async function proxied(
  remote: RemoteServer,
  { request, user }: RequestContext,
  {
    rejectRedirects,
    tracer,
  }: { readonly rejectRedirects: boolean; readonly tracer?: Pick<Tracer, 'headers'> | undefined },
): Promise<Reply> {
  if (remote.unusable !== undefined) return textReply(500, `${remote.unusable}\n`);
  const query = request.query.toString();
  let backend: Backend;
  try {
    backend = remote.backend(query === '' ? request.path : `${request.path}?${query}`, remoteUserHeaders(user));
  } catch {
    return unavailable();
  }
  const own = withoutClaims(request);
  if (own.takeConnection) return await tunnelUpgrade(backend, own);
  try {
    const { method, signal } = own;
    const headers = { ...forwardedHeaders(own), ...tracer?.headers() };
    const answer = await sendTo(backend, { method, headers, signal, body: own });
    if (rejectRedirects && isRedirect(answer)) {
      answer.destroy();
      return textReply(502, 'the backend attempted to redirect this request, which is not permitted');
    }
    return replyOf(answer);
  } catch (error) {
    return textReply(503, `error trying to reach service: ${dialText(backend, error as Error)}\n`);
  }
}

/** A client that follows would show its credentials to whomever the server behind names. */
const isRedirect = ({ statusCode = 0, headers }: IncomingMessage): boolean =>
  statusCode >= 300 && statusCode <= 399 && Boolean(headers.location);

/** Only this server states the user: drops such headers of the client. */
function withoutClaims(request: ServerRequest): ServerRequest {
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !name.startsWith('x-remote-') && name !== 'accept-encoding'),
  );
  const { method, path, search, query, remoteAddress, signal, takeConnection } = request;
  return {
    method,
    path,
    search,
    query,
    remoteAddress,
    signal,
    headers,
    body: (limit) => request.body(limit),
    bodyStream: () => request.bodyStream(),
    ...(takeConnection ? { takeConnection: () => request.takeConnection?.() as never } : {}),
  };
}
