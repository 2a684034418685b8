import { forbidden, StatusError } from '@typernetes/machinery';
import type { AccessAttributes, AccessDecision, Authorize, Authorizer } from './authorizer.ts';

/**
 * Asks the authorizers in order; the first with an opinion decides. Without any opinion it is a deny with all their
 * reasons. Synchronous as long as every authorizer is. Reads the array on every call: a server adds its authorizers
 * later.
 */
export function unionAuthorizer(authorizers: readonly Authorizer[]): Authorize {
  const askFrom = (
    access: AccessAttributes,
    first: number,
    reasons: readonly string[],
  ): AccessDecision | Promise<AccessDecision> => {
    let unconvinced = reasons;
    for (let at = first; at < authorizers.length; at++) {
      const decision = (authorizers[at] as Authorizer).authorize(access);
      if (decision instanceof Promise)
        return decision.then((late) =>
          late.verdict === 'no-opinion' ? askFrom(access, at + 1, withReason(unconvinced, late)) : late,
        );
      if (decision.verdict !== 'no-opinion') return decision;
      unconvinced = withReason(unconvinced, decision);
    }
    return { verdict: 'no-opinion', reason: unconvinced.join('\n') };
  };
  return (access) => askFrom(access, 0, []);
}

function withReason(reasons: readonly string[], { reason }: AccessDecision): readonly string[] {
  return reason === '' ? reasons : [...reasons, reason];
}

/** Throws a StatusError Forbidden in upstream's words unless the access is allowed. */
export function requireAccess(authorize: Authorize): (access: AccessAttributes) => Promise<void> {
  return async (access) => {
    const decision = await authorize(access);
    if (decision.verdict !== 'allow') throw forbiddenError(access, decision);
  };
}

/** `pods "web" is forbidden: User "x" cannot get resource "pods" in API group "" in the namespace "default": reason` */
export function forbiddenError(access: AccessAttributes, decision: AccessDecision): StatusError {
  const why = forbiddenText(access) + (decision.reason === '' ? '' : `: ${decision.reason}`);
  if (!access.isResourceRequest) return new StatusError('Forbidden', `forbidden: ${why}`, { details: {} });
  return forbidden({ group: access.apiGroup, plural: access.resource }, access.name, why);
}

function forbiddenText({ user, ...access }: AccessAttributes): string {
  const who = `User ${JSON.stringify(user.username)} cannot ${access.verb}`;
  if (!access.isResourceRequest) return `${who} path ${JSON.stringify(access.path)}`;
  const resource = access.subresource === '' ? access.resource : `${access.resource}/${access.subresource}`;
  const what = `${who} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(access.apiGroup)}`;
  return access.namespace === ''
    ? `${what} at the cluster scope`
    : `${what} in the namespace ${JSON.stringify(access.namespace)}`;
}
