import { randomUUID } from 'node:crypto';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import { reasonOf } from '@typernetes/machinery';
import type { Auditor, AuditTrail } from '../audit/auditor.ts';
import type { Credentials } from '../authentication/authenticator.ts';
import { hasExtraSpace } from '../authentication/bearer-token.ts';
import { asksImpersonation, type Impersonate } from '../authentication/impersonation.ts';
import type { AccessAttributes, AccessDecision, Authorize, Authorizer } from '../authorization/authorizer.ts';
import { forbiddenError, unionAuthorizer } from '../authorization/union.ts';
import type { Admittance, FlowControl } from '../flowcontrol/flow-control.ts';
import { auditNotes, type UserInfo } from '../identity/user-info.ts';
import { Deadlines, isLongRunning, isTooLate, timeLimitOf } from '../request/deadline.ts';
import { parseRequestInfo } from '../request/parse-request-info.ts';
import { errorReply, guardedTextReply, statusErrorOf, textReply } from '../request/reply.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { RequestInfo } from '../request/request-info.ts';
import type { Reply, ServerRequest, StreamBody } from '../request/server-request.ts';
import { warningLines } from '../request/warning-lines.ts';
import { type RequestTracing, tracedRequest } from '../tracing/request-spans.ts';
import { compressed } from './compression.ts';

/** Returns the user that the credentials of a request belong to. */
export type Authenticate = (credentials: Credentials) => UserInfo | Promise<UserInfo>;

/** Called for every answered request: metrics. */
export interface RequestObserver {
  answered(context: RequestContext, reply: Reply, startedAt: number): void;
  /** Called when the server has rejected a request (429) or given it up (504) to protect itself. */
  terminated?(context: RequestContext, code: 429 | 504): void;
}

interface ChainOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Throws Unauthorized when no authenticator accepts the credentials. */
  readonly authenticate: Authenticate;
  /** The user that the sender wants to act as; throws Forbidden when it may not. */
  readonly impersonate: Impersonate;
  readonly authorizers: readonly Authorizer[];
  /** Wraps the authorizers to observe their decisions; default: no wrapper. */
  readonly observeAuthorization?: (authorize: Authorize) => Authorize;
  readonly observers: readonly RequestObserver[];
  /** Records audit events. A function, since the auditor is made after the chain. */
  readonly auditor?: () => Auditor | undefined;
  /** How long a request may take, in milliseconds; default: 60,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Limits concurrent requests (priority and fairness). A function, for the same reason. */
  readonly flowControl?: () => FlowControl | undefined;
  /** Records a span for each request; default: none. */
  readonly tracing?: RequestTracing | undefined;
  /** Serves a request that passed all checks, without a promise when the reply is at hand. Throws StatusErrors. */
  readonly route: (context: RequestContext) => Reply | Promise<Reply>;
}

/** Handles a request. Calls from within the process give `user`, and are not authenticated. */
export type AuthenticatedHandler = (request: ServerRequest, user?: UserInfo) => Promise<Reply>;

/**
 * The steps of every request: request info, authentication, audit, impersonation, flow control, authorization, the route. Whatever is
 * thrown on the way becomes a reply with a Status.
 */
export function handlerChain(options: ChainOptions): AuthenticatedHandler {
  const { clock } = options;
  const { observeAuthorization = (same) => same } = options;
  const authorize = observeAuthorization(unionAuthorizer(options.authorizers));
  const deadlines = new Deadlines(clock);
  // Only promises are awaited: awaiting plain values would cost each request a turn of the microtask queue per step.
  return async (received, known) => {
    const startedAt = clock.monotonic();
    const { headers, query } = received;
    if (isMalformed(received.path)) return textReply(400, '400 Bad Request');
    const info = parseRequestInfo(received.method, received.path, query);
    const auditId = headers['audit-id'] ?? randomUUID();
    const auditor = options.auditor?.();
    const warnings = new Set<string>();
    const outside = { ms: 0 };
    let context: RequestContext = {
      request: received,
      info,
      user: nobody,
      warnings,
      auditId,
      outside,
      annotate: undefined,
    };
    let trail: AuditTrail | undefined;
    let isKnown = false;
    let admittance: Admittance | undefined;
    let reply: Reply;
    try {
      if (hasExtraSpace(headers.authorization)) warnings.add(extraSpaceWarning);
      // First, since it throws for a bad timeout: thrown later, the work under way would be left without anyone to handle its failure.
      const limitMs = isLongRunning(info) ? undefined : timeLimitOf(query, options.requestTimeoutMs);
      // Authentication
      const authenticating = known ?? options.authenticate(received);
      const sender = authenticating instanceof Promise ? await authenticating : authenticating;
      isKnown = true;
      // Audit
      trail = auditor?.begin({ ...context, access: accessOf(info, sender, query), startedAt });
      const annotate = trail?.annotate;
      const notes = annotate && sender[auditNotes];
      if (notes) for (const [key, value] of Object.entries(notes)) annotate(key, value);
      // Impersonation
      let user = sender;
      if (asksImpersonation(headers)) {
        const as = await options.impersonate(sender, received, accessOf(info, sender, query));
        user = as.user;
        if (user !== sender) trail?.impersonating(user, as.constraint);
      }
      const audited = trail?.describe;
      const dueAt = limitMs === undefined ? undefined : startedAt + limitMs;
      const request = trail?.request ?? received;
      context = { request, info, user, warnings, auditId, dueAt, outside, annotate, audited };
      // Flow control
      const flows = options.flowControl?.();
      if (flows && !isExempt(info)) {
        const entering = flows.enter({ info, user, query, received });
        if (entering instanceof Promise) {
          const since = clock.monotonic();
          admittance = await entering;
          outside.ms += clock.monotonic() - since;
        } else admittance = entering;
      }
      if (admittance?.refusal) {
        reply = tooManyRequests(admittance.retryAfterSeconds);
        for (const observer of options.observers) observer.terminated?.(context, 429);
      } else {
        // Authorization
        const access = accessOf(info, user, query);
        const deciding = authorize(access);
        const decision = deciding instanceof Promise ? await deciding : deciding;
        if (annotate) annotateDecision(annotate, decision);
        if (decision.verdict !== 'allow') throw forbiddenError(access, decision);
        // The route
        const { tracing, route } = options;
        const answer = tracing ? tracedRequest(tracing, context, { startedAt, route }) : route(context);
        if (!(answer instanceof Promise)) reply = answer;
        else if (limitMs === undefined) reply = await answer;
        else reply = await deadlines.within(answer, limitMs);
      }
    } catch (error) {
      const failure = statusErrorOf(error);
      if (isTooLate(error)) for (const observer of options.observers) observer.terminated?.(context, 504);
      if (reasonOf(error) === undefined && !received.signal.aborted) {
        options.log.error('Cannot answer request', error, { method: received.method, path: received.path });
        if (isMistake(error)) trail?.panicked(messageOf(error));
      }
      reply = await errorReply(failure, headers.accept);
    } finally {
      admittance?.leave();
    }
    reply = withStandardHeaders(reply, { auditId, warnings, flow: admittance?.headers });
    if (trail) reply = trail.answered(reply);
    else if (auditor && !isKnown)
      auditor.refused({ ...context, access: accessOf(info, nobody, query), startedAt }, reply);
    const encodings = headers['accept-encoding'];
    if (encodings !== undefined) {
      const packing = compressed(reply, encodings);
      reply = packing instanceof Promise ? await packing : packing;
    }
    if (typeof reply.body === 'function')
      reply = { ...reply, body: loggingFailures(reply.body, received, options.log) };
    for (const observer of options.observers) observer.answered(context, reply, startedAt);
    return reply;
  };
}

const mistakes = ['TypeError', 'RangeError', 'ReferenceError', 'AssertionError'];

/** Whether an error is a bug of the program: what would be a panic in Go. */
const isMistake = (error: unknown): boolean => error instanceof Error && mistakes.includes(error.name);

/** Logs why a streamed body failed: its head is sent by then, so that the client only sees the connection cut. */
function loggingFailures(body: StreamBody, { method, path }: ServerRequest, log: Logger): StreamBody {
  return async (sink) => {
    try {
      await body(sink);
    } catch (error) {
      if (!sink.signal.aborted && !isGone(error)) log.error('Cannot complete answer', error, { method, path });
      throw error;
    }
  };
}

/** Whether the client has hung up. */
function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return (
    code === 'EPIPE' ||
    code === 'ECONNRESET' ||
    code === 'ERR_STREAM_DESTROYED' ||
    code === 'ERR_STREAM_PREMATURE_CLOSE'
  );
}

/** Long-running requests take no seat, except watches: they hold one until their initial events are sent. */
const isExempt = (info: RequestInfo): boolean => info.verb !== 'watch' && isLongRunning(info);

const extraSpaceWarning =
  'the provided Authorization header contains extra space before the bearer token, and is ignored';

const refusalText = guardedTextReply(429, 'Too many requests, please try again later.\n');
const tooManyRequests = (retryAfterSeconds = 1): Reply => ({
  ...refusalText,
  headers: { ...refusalText.headers, 'retry-after': String(retryAfterSeconds) },
});

/** Records the decision under upstream's annotation keys. */
function annotateDecision(annotate: AuditTrail['annotate'], { verdict, reason }: AccessDecision): void {
  annotate('authorization.k8s.io/decision', verdict === 'allow' ? 'allow' : 'forbid');
  annotate('authorization.k8s.io/reason', reason);
}

/** Whether a path has an invalid percent escape: such a request is rejected before authentication. */
const isMalformed = (path: string): boolean => path.includes('%') && /%(?![0-9a-f]{2})/i.test(path);

/** The user of a request that is not authenticated yet. */
const nobody: UserInfo = { username: '', groups: [] };

/** What authorizers see. Reads of collections include their selectors: some users may only read what a selector narrows them to. */
function accessOf(info: RequestInfo, user: UserInfo, query: URLSearchParams): AccessAttributes {
  const narrows = info.verb === 'list' || info.verb === 'watch' || info.verb === 'deletecollection';
  if (!narrows) return { ...info, user };
  const [fieldSelector, labelSelector] = [query.get('fieldSelector') ?? '', query.get('labelSelector') ?? ''];
  return { ...info, user, fieldSelector, labelSelector };
}

/** Adds the headers that all replies have; the reply's own take precedence. */
function withStandardHeaders(
  { status, headers, body }: Reply,
  {
    auditId,
    warnings,
    flow,
  }: { auditId: string; warnings: ReadonlySet<string>; flow: Admittance['headers'] | undefined },
): Reply {
  // One object literal per case: building it up by copying members is measurably slower.
  const standard: Record<string, string | readonly string[]> = flow
    ? {
        'audit-id': auditId,
        'cache-control': 'no-cache, private',
        'x-kubernetes-pf-flowschema-uid': flow['x-kubernetes-pf-flowschema-uid'],
        'x-kubernetes-pf-prioritylevel-uid': flow['x-kubernetes-pf-prioritylevel-uid'],
      }
    : { 'audit-id': auditId, 'cache-control': 'no-cache, private' };
  if (warnings.size > 0) standard.warning = warningLines(warnings);
  for (const name in headers) standard[name] = headers[name] as string | readonly string[];
  return { status, headers: standard, body };
}
