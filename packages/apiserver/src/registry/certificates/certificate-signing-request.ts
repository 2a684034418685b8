import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '@typernetes/api/certificates/v1';
import {
  validateCertificateSigningRequest,
  validateCertificateSigningRequestApproval,
  validateCertificateSigningRequestStatus,
} from '@typernetes/api/validation';
import { messageOf } from '@typernetes/base';
import { type FieldProblem, invalidValue, pathSegmentProblems } from '@typernetes/machinery';
import { checkSigningRequest } from '@typernetes/pki';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';
import { formatTime } from '../times.ts';

/** The requester is whoever sends the request: overwrites what the body says. */
export const certificateSigningRequestStrategy: Strategy<CertificateSigningRequest> = {
  prepareForCreate(next, { user }) {
    const { username: _username, uid: _uid, groups: _groups, extra: _extra, ...asked } = next.spec;
    next.spec = {
      ...asked,
      username: user.username,
      ...(user.uid ? { uid: user.uid } : {}),
      ...(user.groups.length > 0 ? { groups: [...user.groups] } : {}),
      ...(user.extra ? { extra: copied(user.extra) } : {}),
    };
    next.status = {};
  },
  // The name may be any path segment. Upstream: ValidateCertificateRequestName.
  validateName: pathSegmentProblems,
  validate: (next) => [...validateCertificateSigningRequest(next), ...requestProblems(next)],
  prepareForUpdate(next, current) {
    keepSpec(next, current);
    keepStatus(next, current);
  },
  keepsGeneration: true,
  resetFields: ['spec', 'status'],
};

/** `/status`: the signer's. It cannot approve or deny. */
export const certificateSigningRequestStatusStrategy: Strategy<CertificateSigningRequest> = {
  ...certificateSigningRequestStrategy,
  prepareForUpdate(next, current, { now }) {
    keepSpec(next, current);
    keepVerdicts(next, current);
    stampConditions(next, { current, now });
  },
  validateUpdate: validateCertificateSigningRequestStatus,
  resetFields: ['spec', 'status.conditions'],
};

/** `/approval`: the approver's. It cannot issue. */
export const certificateSigningRequestApprovalStrategy: Strategy<CertificateSigningRequest> = {
  ...certificateSigningRequestStrategy,
  prepareForUpdate(next, current, { now }) {
    keepSpec(next, current);
    const conditions = next.status?.conditions;
    next.status = { ...current.status, ...(conditions ? { conditions } : {}) };
    if (!conditions) delete next.status.conditions;
    stampConditions(next, { current, now });
  },
  validateUpdate: validateCertificateSigningRequestApproval,
  resetFields: ['spec', 'status.certificate'],
};

/** An invalid request, or one not signed with its own key. A missing PEM frame is reported with the other fields. */
function requestProblems({ spec: { request = '' } }: CertificateSigningRequest): FieldProblem[] {
  const pem = Buffer.from(request, 'base64').toString('latin1');
  if (!/-----BEGIN CERTIFICATE REQUEST-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE REQUEST-----/.test(pem)) return [];
  try {
    checkSigningRequest(pem);
    return [];
  } catch (error) {
    return [invalidValue('spec.request', request, messageOf(error))];
  }
}

/**
 * Keeps the contents of existing conditions, at their positions in the update. Validation refuses additions and
 * removals.
 */
function keepVerdicts(next: CertificateSigningRequest, current: CertificateSigningRequest): void {
  const conditions = next.status?.conditions ?? [];
  for (const verdict of ['Approved', 'Denied']) {
    const before = (current.status?.conditions ?? []).filter(({ type }) => type === verdict);
    if (before.length !== conditions.filter(({ type }) => type === verdict).length) continue;
    for (const [i, { type }] of conditions.entries())
      if (type === verdict) conditions[i] = { ...(before.shift() as CertificateSigningRequestCondition) };
  }
}

function stampConditions(
  next: CertificateSigningRequest,
  { current, now }: { current: CertificateSigningRequest; now: number },
): void {
  const time = formatTime(now);
  const before = (condition: CertificateSigningRequestCondition): string | null | undefined =>
    current.status?.conditions?.find(({ type, status }) => type === condition.type && status === condition.status)
      ?.lastTransitionTime;
  if (!next.status?.conditions) return;
  next.status.conditions = next.status.conditions.map((condition) => ({
    ...condition,
    lastUpdateTime: condition.lastUpdateTime || time,
    lastTransitionTime: condition.lastTransitionTime || before(condition) || time,
  }));
}

function copied(extra: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]));
}
