import { randomUUID } from 'node:crypto';
import type { Clock, Logger } from '@typernetes/base';
import { reasonOf, StatusError } from '@typernetes/machinery';
import type { Credentials, UserInfo } from '../authentication/authenticator.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import { parseRequestInfo } from '../request/parse-request-info.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { RequestInfo } from '../request/request-info.ts';
import type { Reply, ServerRequest } from '../request/server-request.ts';
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
      await authorize(options.authorizers, info, user);
      reply = await options.route(context);
    } catch (error) {
      const failure = statusErrorOf(error);
      if (reasonOf(error) === undefined && !request.signal.aborted)
        options.log.error('Cannot answer request', error, { method: request.method, path: request.path });
      reply = errorReply(failure);
    }
    reply = { ...reply, headers: { ...standardHeaders(auditId, context.warnings), ...reply.headers } };
    for (const observer of options.observers) observer.answered(context, reply, startedAt);
    return reply;
  };
}

/** Stands in until the sender is known. */
const nobody: UserInfo = { username: '', groups: [] };

async function authorize(authorizers: readonly Authorizer[], info: RequestInfo, user: UserInfo): Promise<void> {
  const access = { ...info, user };
  const reasons: string[] = [];
  for (const authorizer of authorizers) {
    const asked = authorizer.authorize(access);
    const decision = asked instanceof Promise ? await asked : asked;
    if (decision.verdict === 'allow') return;
    if (decision.reason !== '') reasons.push(decision.reason);
    if (decision.verdict === 'deny') break;
  }
  throw forbiddenRequest(info, user, reasons.join(', '));
}

/** The refusal in upstream's words (responsewriters.Forbidden). */
export function forbiddenRequest(info: RequestInfo, user: UserInfo, reason: string): StatusError {
  const why = reason === '' ? '' : `: ${reason}`;
  if (!info.isResourceRequest)
    return new StatusError(
      'Forbidden',
      `forbidden: User ${JSON.stringify(user.username)} cannot ${info.verb} path ${JSON.stringify(info.path)}${why}`,
      {
        details: {},
      },
    );
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  const place = info.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(info.namespace)}`;
  const qualified = info.apiGroup === '' ? info.resource : `${info.resource}.${info.apiGroup}`;
  const subject = info.name === '' ? qualified : `${qualified} ${JSON.stringify(info.name)}`;
  return new StatusError(
    'Forbidden',
    `${subject} is forbidden: User ${JSON.stringify(user.username)} cannot ${info.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(info.apiGroup)} ${place}${why}`,
    {
      details: {
        ...(info.name === '' ? {} : { name: info.name }),
        ...(info.apiGroup === '' ? {} : { group: info.apiGroup }),
        kind: info.resource,
      },
    },
  );
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
