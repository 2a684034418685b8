import { randomUUID } from 'node:crypto';
import type { Clock, Logger } from '@typernetes/base';
import { reasonOf } from '@typernetes/machinery';
import type { Credentials, UserInfo } from '../authentication/authenticator.ts';
import type { AccessAttributes, Authorizer } from '../authorization/authorizer.ts';
import { requireAccess, unionAuthorizer } from '../authorization/union.ts';
import { parseRequestInfo } from '../request/parse-request-info.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { RequestInfo } from '../request/request-info.ts';
import type { Reply, ServerRequest } from '../request/server-request.ts';
import { compressed } from './compression.ts';
import { isLongRunning, timeLimitOf, withinTime } from './deadline.ts';
import { errorReply, statusErrorOf } from './reply.ts';

/** Who sends a request. */
export type Authenticate = (credentials: Credentials, signal: AbortSignal) => Promise<UserInfo>;

export type Impersonate = (sender: UserInfo, credentials: Credentials) => UserInfo | Promise<UserInfo>;

/** Told about every request that was answered: the audit log, metrics. */
export interface RequestObserver {
  answered(context: RequestContext, reply: Reply, startedAt: number): void;
}

export interface ChainOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Throws Unauthorized when nobody vouches for the sender. */
  readonly authenticate: Authenticate;
  /** Whom an authenticated sender asks to be; throws Forbidden when it may not. */
  readonly impersonate: Impersonate;
  readonly authorizers: readonly Authorizer[];
  readonly observers: readonly RequestObserver[];
  /** Answers what passed; throws StatusErrors. */
  readonly route: (context: RequestContext) => Promise<Reply>;
}

/** A handler that knows the sender already when it is called from within the process. */
export type AuthenticatedHandler = (request: ServerRequest, user?: UserInfo) => Promise<Reply>;

/** Every request's way: request info, authentication, authorization, the route; and whatever is thrown becomes a Status. */
export function handlerChain(options: ChainOptions): AuthenticatedHandler {
  const require = requireAccess(unionAuthorizer(options.authorizers));
  return async (request, known) => {
    const startedAt = options.clock.monotonic();
    const info = parseRequestInfo(request.method, request.path, request.query);
    const auditId = request.headers['audit-id'] ?? randomUUID();
    let context: RequestContext = { request, info, user: nobody, warnings: new Set(), auditId };
    let reply: Reply;
    try {
      const sender = known ?? (await options.authenticate(request, request.signal));
      const user =
        request.headers['impersonate-user'] === undefined ? sender : await options.impersonate(sender, request);
      context = { ...context, user };
      await require(accessOf(info, user, request.query));
      const answering = options.route(context);
      reply = isLongRunning(info)
        ? await answering
        : await withinTime(answering, timeLimitOf(request.query), options.clock);
    } catch (error) {
      const failure = statusErrorOf(error);
      if (reasonOf(error) === undefined && !request.signal.aborted)
        options.log.error('Cannot answer request', error, { method: request.method, path: request.path });
      reply = errorReply(failure);
    }
    reply = { ...reply, headers: { ...standardHeaders(auditId, context.warnings), ...reply.headers } };
    const encodings = request.headers['accept-encoding'];
    if (encodings !== undefined) reply = await compressed(reply, encodings);
    for (const observer of options.observers) observer.answered(context, reply, startedAt);
    return reply;
  };
}

/** Stands in until the sender is known. */
const nobody: UserInfo = { username: '', groups: [] };

/** What authorizers judge: the request's meaning, and the selector by which a node shows that it asks for its own pods only. */
function accessOf(info: RequestInfo, user: UserInfo, query: URLSearchParams): AccessAttributes {
  const narrows = info.verb === 'list' || info.verb === 'watch';
  return narrows ? { ...info, user, fieldSelector: query.get('fieldSelector') ?? '' } : { ...info, user };
}

function standardHeaders(auditId: string, warnings: ReadonlySet<string>): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { 'audit-id': auditId, 'cache-control': 'no-cache, private' };
  if (warnings.size > 0) headers.warning = [...warnings].map((text) => `299 - ${quoted(text)}`);
  return headers;
}

/** A header's quoted string: no control characters, which would end it. */
function quoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a header
  return `"${text.replace(/[\u0000-\u001f\u007f]+/g, ' ').replace(/[\\"]/g, '\\$&')}"`;
}
