import { isIP } from 'node:net';
import type { Event as ApiAuditEvent, ObjectReference } from '@typernetes/api/audit/v1';
import { microTimestamp } from '@typernetes/base';
import type { UserInfo } from '../identity/user-info.ts';
import type { SentMetadata } from '../request/request-context.ts';
import type { RequestInfo } from '../request/request-info.ts';
import type { ServerRequest } from '../request/server-request.ts';
import type { AuditLevel, AuditStage } from './policy.ts';

/** One line of the audit log: audit.k8s.io/v1 Event, with objects as they were sent. */
export type AuditEvent = Omit<ApiAuditEvent, 'requestObject' | 'responseObject' | 'responseStatus'> & {
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
  readonly responseStatus?: object;
};

const longestUserAgent = 1024;

/** The common part of a request's events. `received` is in milliseconds since the epoch. */
export function eventBase(
  { request, info, auditId }: { request: ServerRequest; info: RequestInfo; auditId: string },
  { level, user, received }: { level: AuditLevel; user: UserInfo; received: number },
): Omit<AuditEvent, 'stage' | 'stageTimestamp'> {
  const agent = request.headers['user-agent'];
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level,
    auditID: auditId,
    requestURI: `${request.path}${request.search}`,
    verb: info.verb,
    user: userOf(user),
    sourceIPs: sourceAddresses(request),
    ...(agent === undefined
      ? {}
      : { userAgent: agent.length > longestUserAgent ? `${agent.slice(0, longestUserAgent)}...TRUNCATED` : agent }),
    ...(info.isResourceRequest ? { objectRef: referenceOf(info, {}) } : {}),
    requestReceivedTimestamp: microTimestamp(received),
  };
}

export function atStage(
  base: Omit<AuditEvent, 'stage' | 'stageTimestamp'>,
  stage: AuditStage,
  { at, ...rest }: { at: number } & Partial<AuditEvent>,
): AuditEvent {
  return { ...base, ...rest, stage, stageTimestamp: microTimestamp(at) };
}

export function userOf(user: UserInfo): { username: string; groups: string[] } {
  return {
    username: user.username,
    ...(user.uid ? { uid: user.uid } : {}),
    groups: [...user.groups],
    ...(user.extra ? { extra: user.extra } : {}),
  };
}

/** What the path names, and of what it leaves open what the object that was sent says. */
export function referenceOf(info: RequestInfo, sent: SentMetadata): ObjectReference {
  const [namespace, name] = [info.namespace || sent.namespace, info.name || sent.name];
  return {
    resource: info.resource,
    ...(namespace ? { namespace } : {}),
    ...(name ? { name } : {}),
    ...(sent.uid ? { uid: sent.uid } : {}),
    ...(info.apiGroup ? { apiGroup: info.apiGroup } : {}),
    apiVersion: info.apiVersion,
    ...(sent.resourceVersion ? { resourceVersion: sent.resourceVersion } : {}),
    ...(info.subresource ? { subresource: info.subresource } : {}),
  };
}

/**
 * The client's address and those of proxies, as far as the headers are trusted; the address of the connection is last.
 */
function sourceAddresses({ headers, remoteAddress }: ServerRequest): string[] {
  const forwarded = (headers['x-forwarded-for'] ?? '').split(',').map((one) => one.trim());
  const found = [...forwarded, (headers['x-real-ip'] ?? '').trim()].filter((one) => isIP(one) > 0);
  const all = [...new Set(found)];
  if (remoteAddress !== '' && all.at(-1) !== remoteAddress) all.push(remoteAddress);
  return all;
}

/** The one-line form of `--audit-log-format=legacy`. */
export function legacyLine(event: AuditEvent): string {
  const list = (values: readonly string[]): string => values.map((value) => JSON.stringify(value)).join(',');
  const { user, impersonatedUser, objectRef, responseStatus } = event;
  const text = JSON.stringify;
  const fields = [
    `id=${text(event.auditID)}`,
    `stage=${text(event.stage)}`,
    `ip=${text(event.sourceIPs?.[0] ?? '<unknown>')}`,
    `method=${text(event.verb)}`,
    `user=${text(user.username || '<none>')}`,
    `groups=${text(user.username && user.groups?.length ? list(user.groups) : '<none>')}`,
    `as=${text(impersonatedUser?.username ?? '<self>')}`,
    `asgroups=${text(impersonatedUser?.groups ? list(impersonatedUser.groups) : '<lookup>')}`,
    `user-agent=${text(event.userAgent ?? '')}`,
    `namespace=${text(objectRef?.namespace || '<none>')}`,
    `uri=${text(event.requestURI)}`,
    `response="${(responseStatus as { code?: number } | undefined)?.code ?? '<deferred>'}"`,
  ];
  return `${event.requestReceivedTimestamp} AUDIT: ${fields.join(' ')}`;
}
