import { type Clock, microTimestamp } from '@typernetes/base';
import type { RequestObserver } from '../handlers/chain.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { Reply } from '../request/server-request.ts';

/** Where lines go: an open file, or standard output. */
export interface AuditSink {
  write(line: string): void;
}

/**
 * One line for each answered request, in the form of audit.k8s.io/v1 at the level Metadata: who asked for what, from where, and
 * how it went; never what was in it. Streams are noted when they begin. Without a policy upstream would note nothing; here
 * naming a file is enough.
 */
export function auditLog(sink: AuditSink, clock: Clock): RequestObserver {
  return {
    answered: (context, reply, startedAt) => {
      const now = clock.now();
      const received = now - Math.max(clock.monotonic() - startedAt, 0);
      sink.write(`${JSON.stringify(auditEvent(context, reply, { now, received }))}\n`);
    },
  };
}

function auditEvent(
  { request, info, user, auditId }: RequestContext,
  reply: Reply,
  { now, received }: { now: number; received: number },
): object {
  const query = request.query.toString();
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: auditId,
    stage: typeof reply.body === 'function' ? 'ResponseStarted' : 'ResponseComplete',
    requestURI: query === '' ? request.path : `${request.path}?${query}`,
    verb: info.verb,
    user: {
      username: user.username,
      ...(user.uid ? { uid: user.uid } : {}),
      groups: user.groups,
      ...(user.extra ? { extra: user.extra } : {}),
    },
    sourceIPs: request.remoteAddress === '' ? [] : [request.remoteAddress],
    userAgent: request.headers['user-agent'],
    ...(info.isResourceRequest
      ? {
          objectRef: {
            resource: info.resource,
            ...(info.namespace ? { namespace: info.namespace } : {}),
            ...(info.name ? { name: info.name } : {}),
            ...(info.apiGroup ? { apiGroup: info.apiGroup } : {}),
            apiVersion: info.apiVersion,
            ...(info.subresource ? { subresource: info.subresource } : {}),
          },
        }
      : {}),
    responseStatus: { metadata: {}, code: reply.status },
    requestReceivedTimestamp: microTimestamp(received),
    stageTimestamp: microTimestamp(now),
  };
}
