import type { Clock, Logger } from '@typernetes/base';
import { isJsonObject, StatusError } from '@typernetes/machinery';
import type { Metrics } from '@typernetes/process';
import type { AccessAttributes } from '../authorization/authorizer.ts';
import type { UserInfo } from '../identity/user-info.ts';
import type { SentMetadata } from '../request/request-context.ts';
import type { RequestInfo } from '../request/request-info.ts';
import type { Reply, ServerRequest } from '../request/server-request.ts';
import { taken } from '../request/server-request.ts';
import type { AuditBackend } from './audit-backend.ts';
import { type AuditEvent, atStage, eventBase, referenceOf, userOf } from './audit-event.ts';
import {
  bodyValue,
  type KeptRequest,
  keepBody,
  omitManagedFields,
  responseStatusOf,
  responseValue,
  withDefaults,
} from './audited-bodies.ts';
import type { AuditStage, AuditVerdict } from './policy.ts';

/** Records one request, from its authentication to the end of its response. */
export interface AuditTrail {
  /** The request to handle from now on: it may keep its body. */
  readonly request: ServerRequest;
  annotate(key: string, value: string): void;
  /** The object that was sent names itself. */
  describe(metadata: SentMetadata): void;
  /** `constraint`: the verb that allowed it, where it was no more than needed. */
  impersonating(user: UserInfo, constraint?: string): void;
  /** The request hit a bug of the program: that is its last stage, whatever the response. */
  panicked(why: string): void;
  /** Returns the response to send: the end of a stream is recorded when it comes. */
  answered(reply: Reply): Reply;
}

export interface AuditedRequest {
  readonly request: ServerRequest;
  readonly info: RequestInfo;
  readonly auditId: string;
  readonly access: AccessAttributes;
  /** By the monotonic clock. */
  readonly startedAt: number;
}

export interface Auditor {
  /** Undefined when the policy records nothing about the request. Throws when recording is required and fails. */
  begin(audited: AuditedRequest): AuditTrail | undefined;
  /** Records a request that failed authentication. */
  refused(audited: AuditedRequest, reply: Reply): void;
}

interface AuditorDeps {
  readonly evaluate: (access: AccessAttributes) => AuditVerdict;
  readonly backends: readonly AuditBackend[];
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The audit metrics; they stay zero if nothing is recorded. */
export function auditCounters(metrics: Metrics) {
  const levels = metrics.counter('apiserver_audit_level_total', {
    help: 'Counter of policy levels for audit events (1 per request).',
    labels: ['level'],
  });
  const events = metrics.counter('apiserver_audit_event_total', {
    help: 'Counter of audit events generated and sent to the audit backend.',
  });
  const rejected = metrics.counter('apiserver_audit_requests_rejected_total', {
    help: 'Counter of apiserver requests rejected due to an error in audit logging backend.',
  });
  return { levels, events, rejected };
}

export function auditor({ evaluate, backends, metrics, clock, log }: AuditorDeps): Auditor {
  const { levels, events, rejected } = auditCounters(metrics);
  const emit = (event: AuditEvent): void => {
    events.add();
    for (const backend of backends) backend.record([event]);
  };
  const baseOf = (audited: AuditedRequest, verdict: AuditVerdict) =>
    eventBase(audited, {
      level: verdict.level,
      user: audited.access.user,
      received: clock.now() - Math.max(clock.monotonic() - audited.startedAt, 0),
    });
  /** Once a response is sent, there is nobody left to refuse. */
  const emitLate = (event: AuditEvent): void => {
    try {
      emit(event);
    } catch (error) {
      log.error('Cannot record audit event', error, { auditId: event.auditID });
    }
  };

  return {
    begin: (audited) => {
      const verdict = evaluate(audited.access);
      levels.add([verdict.level]);
      if (verdict.level === 'None') return undefined;
      const base = baseOf(audited, verdict);
      if (!verdict.omitStages.has('RequestReceived')) {
        try {
          emit(atStage(base, 'RequestReceived', { at: clock.now() }));
        } catch (error) {
          rejected.add();
          throw new StatusError('InternalError', 'Internal error occurred: failed to record audit event', {
            cause: error,
          });
        }
      }
      return trailOf(audited, base, { verdict, emit: emitLate, now: () => clock.now() });
    },
    refused: (audited, reply) => {
      const verdict = evaluate(audited.access);
      levels.add([verdict.level]);
      if (verdict.level === 'None' || verdict.omitStages.has('ResponseStarted')) return;
      const responseStatus = { metadata: {}, message: attemptText(audited.request), code: reply.status };
      emitLate(atStage(baseOf(audited, verdict), 'ResponseStarted', { at: clock.now(), responseStatus }));
    },
  };
}

function trailOf(
  { request, info }: AuditedRequest,
  base: Omit<AuditEvent, 'stage' | 'stageTimestamp'>,
  { verdict, emit, now }: { verdict: AuditVerdict; emit: (event: AuditEvent) => void; now: () => number },
): AuditTrail {
  const { level, omitStages } = verdict;
  const keeps = level === 'Request' || level === 'RequestResponse';
  const kept: KeptRequest = keeps ? keepBody(request) : { request, sent: () => undefined };
  const annotations: Record<string, string> = {};
  let impersonatedUser: UserInfo | undefined;
  let impersonationConstraint: string | undefined;
  let hasPanicked = false;
  let sent: SentMetadata | undefined;
  const clean = (value: unknown): unknown => (verdict.omitManagedFields ? omitManagedFields(value) : value);
  const record = (stage: AuditStage, responseStatus: object, responseObject?: unknown): void => {
    if (omitStages.has(stage)) return;
    const requestObject = requestObjectOf(kept, info);
    emit(
      atStage(base, stage, {
        at: now(),
        ...(sent && info.isResourceRequest ? { objectRef: referenceOf(info, sent) } : {}),
        ...(impersonatedUser ? { impersonatedUser: userOf(impersonatedUser) } : {}),
        ...(impersonationConstraint ? { authenticationMetadata: { impersonationConstraint } } : {}),
        responseStatus,
        ...(requestObject === undefined ? {} : { requestObject: clean(requestObject) }),
        ...(responseObject === undefined ? {} : { responseObject: clean(responseObject) }),
        ...(Object.keys(annotations).length > 0 ? { annotations: { ...annotations } } : {}),
      }),
    );
  };
  const recordAnswer = (stage: AuditStage, reply: Reply): void => {
    if (omitStages.has(stage)) return;
    record(stage, responseStatusOf(reply), level === 'RequestResponse' ? responseValue(reply) : undefined);
  };
  return {
    request: kept.request,
    annotate: (key, value) => {
      annotations[key] ??= value;
    },
    describe: ({ name, namespace, uid, resourceVersion }) => {
      sent = { name, namespace, uid, resourceVersion } as SentMetadata;
    },
    impersonating: (user, constraint) => {
      impersonatedUser = user;
      impersonationConstraint = constraint;
    },
    panicked: (why) => {
      hasPanicked = true;
      const message = `APIServer panic'd: ${why}`;
      record('Panic', { metadata: {}, status: 'Failure', message, reason: 'InternalError', code: 500 });
    },
    answered: (reply) => {
      if (hasPanicked) return reply;
      const { body } = reply;
      const isStream = typeof body === 'function';
      if (!isStream && reply.status !== taken.status) {
        recordAnswer('ResponseComplete', reply);
        return reply;
      }
      recordAnswer('ResponseStarted', reply);
      let open = true;
      const end = (): void => {
        if (open) recordAnswer('ResponseComplete', reply);
        open = false;
      };
      // A client that left before the stream began never reads it; of a hijacked connection, only the end is seen here.
      if (request.signal.aborted) end();
      else request.signal.addEventListener('abort', end, { once: true });
      if (!isStream) return reply;
      return {
        ...reply,
        body: async (sink) => {
          try {
            await body(sink);
          } finally {
            end();
          }
        },
      };
    },
  };
}

function requestObjectOf(kept: KeptRequest, info: RequestInfo): unknown {
  const bytes = kept.sent();
  if (!bytes) return undefined;
  const value = bodyValue(bytes, kept.request.headers['content-type'] ?? '');
  // Options are recorded as they were understood.
  if ((info.verb === 'delete' || info.verb === 'deletecollection') && isJsonObject(value))
    return { kind: 'DeleteOptions', apiVersion: 'v1', ...value };
  return info.verb === 'create' || info.verb === 'update' ? withDefaults(value) : value;
}

/** The authentication methods that a client tried without success, in upstream's words. */
function attemptText({ headers, query, clientCertificate }: ServerRequest): string {
  const [scheme = '', value] = (headers.authorization ?? '').trim().split(' ');
  const tried = [
    ...(scheme.toLowerCase() === 'basic' ? ['basic'] : []),
    ...(scheme.toLowerCase() === 'bearer' && value !== undefined ? ['bearer'] : []),
    ...((query.get('access_token') ?? '').trim() === '' ? [] : ['access_token']),
    ...(clientCertificate ? ['x509'] : []),
  ];
  return tried.length > 0
    ? `Authentication failed, attempted: ${tried.join(', ')}`
    : 'Authentication failed, no credentials provided';
}
