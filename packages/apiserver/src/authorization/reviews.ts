import type {
  LocalSubjectAccessReview,
  ResourceRule,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '@typernetes/api/authorization/v1';
import { aggregateText } from '@typernetes/base';
import { badRequest, type FieldProblem, invalid, invalidValue } from '@typernetes/machinery';
import { nodeNameOf } from '../identity/groups.ts';
import type { UserInfo } from '../identity/user-info.ts';
import type { AccessAttributes, Authorize } from './authorizer.ts';
import { grantsOf, type RbacReads } from './rbac.ts';
import { type SelectorAttributes, selectorProblems } from './selector-attributes.ts';

const group = 'authorization.k8s.io';
const apiVersion = 'authorization.k8s.io/v1';

type Asked = Pick<SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>;

/** Answers a SubjectAccessReview: may the user that it names do this. Throws Invalid. */
export async function reviewAccess(review: SubjectAccessReview, authorize: Authorize): Promise<SubjectAccessReview> {
  const { spec } = review;
  refuse([...attributeProblems(spec), ...subjectProblems(spec), ...metadataProblems(review.metadata)]);
  const status = await decide(spec, subjectOf(spec), authorize);
  return { ...review, kind: 'SubjectAccessReview', apiVersion, status };
}

/** Answers a LocalSubjectAccessReview, which asks about one namespace: the one that it is posted to. Throws Invalid or BadRequest. */
export async function reviewLocalAccess(
  review: LocalSubjectAccessReview,
  namespace: string,
  authorize: Authorize,
): Promise<LocalSubjectAccessReview> {
  const { spec } = review;
  refuse([
    ...attributeProblems(spec),
    ...subjectProblems(spec),
    ...metadataProblems(review.metadata, ['namespace']),
    ...localProblems(review),
  ]);
  if ((review.metadata?.namespace ?? '') !== namespace)
    throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
  const status = await decide(spec, subjectOf(spec), authorize);
  return { ...review, kind: 'LocalSubjectAccessReview', apiVersion, status };
}

/** Answers a SelfSubjectAccessReview: may its sender do this. Throws Invalid. */
export async function reviewOwnAccess(
  review: SelfSubjectAccessReview,
  user: UserInfo,
  authorize: Authorize,
): Promise<SelfSubjectAccessReview> {
  refuse([...attributeProblems(review.spec), ...metadataProblems(review.metadata)]);
  const status = await decide(review.spec, user, authorize);
  return { ...review, kind: 'SelfSubjectAccessReview', apiVersion, status };
}

/**
 * Answers a SelfSubjectRulesReview: what its sender may do in a namespace, as far as rules tell. A node's list is
 * incomplete: the permissions it has through its pods are not in rules.
 */
export function reviewOwnRules(
  review: SelfSubjectRulesReview,
  user: UserInfo,
  { reads }: { readonly reads: RbacReads },
): SelfSubjectRulesReview {
  const namespace = review.spec?.namespace ?? '';
  if (namespace === '') throw badRequest('no namespace on request');
  const resourceRules: ResourceRule[] = [];
  const nonResourceRules: { verbs: string[]; nonResourceURLs?: string[] }[] = [];
  const incomplete = nodeNameOf(user) !== undefined;
  const problems = incomplete ? ['node authorizer does not support user rule resolution'] : [];
  // A binding counts once, however many of its subjects the user is.
  const asWhom = new Map<unknown, unknown>();
  for (const grant of grantsOf(user, namespace, reads)) {
    if (!asWhom.has(grant.binding)) asWhom.set(grant.binding, grant.subject);
    if (asWhom.get(grant.binding) !== grant.subject) continue;
    if ('problem' in grant) {
      problems.push(grant.problem);
      continue;
    }
    const { nonResourceURLs, ...resources } = grant.rule;
    if (resources.resources?.length) resourceRules.push(resources);
    if (nonResourceURLs?.length) nonResourceRules.push({ verbs: resources.verbs, nonResourceURLs });
  }
  const evaluationError = problems.length > 0 ? { evaluationError: aggregateText(problems) } : {};
  // Upstream returns nothing of the spec.
  return {
    kind: 'SelfSubjectRulesReview',
    apiVersion,
    metadata: {} as SelfSubjectRulesReview['metadata'],
    spec: {},
    status: { resourceRules, nonResourceRules, incomplete, ...evaluationError },
  };
}

async function decide(asked: Asked, user: UserInfo, authorize: Authorize): Promise<SubjectAccessReviewStatus> {
  const { verdict, reason } = await authorize(accessOf(asked, user));
  return {
    allowed: verdict === 'allow',
    ...(verdict === 'deny' ? { denied: true } : {}),
    ...(reason === '' ? {} : { reason }),
  };
}

function accessOf({ resourceAttributes, nonResourceAttributes }: Asked, user: UserInfo): AccessAttributes {
  const { namespace = '', verb = '', group: apiGroup = '', version: apiVersion = '' } = resourceAttributes ?? {};
  const { resource = '', subresource = '', name = '', fieldSelector } = resourceAttributes ?? {};
  const base = { user, namespace, apiGroup, apiVersion, resource, subresource, name };
  if (nonResourceAttributes) {
    return {
      ...base,
      isResourceRequest: false,
      path: nonResourceAttributes.path ?? '',
      verb: nonResourceAttributes.verb ?? '',
    };
  }
  const labelSelector = resourceAttributes?.labelSelector;
  return {
    ...base,
    isResourceRequest: true,
    path: '',
    verb,
    ...(fieldSelector ? { fieldSelector: selectorText(fieldSelector) } : {}),
    ...(labelSelector ? { labelSelector: selectorText(labelSelector) } : {}),
  };
}

/** The selector as a request would carry it. */
function selectorText({ rawSelector, requirements = [] }: SelectorAttributes): string {
  if (rawSelector) return rawSelector;
  return requirements
    .map(({ key = '', operator, values = [] }) => {
      if (operator === 'Exists') return key;
      if (operator === 'DoesNotExist') return `!${key}`;
      const negative = operator === 'NotIn';
      if (values.length === 1) return `${key}${negative ? '!=' : '='}${values[0]}`;
      return `${key} ${negative ? 'notin' : 'in'} (${values.join(',')})`;
    })
    .join(',');
}

function subjectOf(spec: SubjectAccessReviewSpec): UserInfo {
  return {
    username: spec.user ?? '',
    groups: spec.groups ?? [],
    ...(spec.uid ? { uid: spec.uid } : {}),
    ...(spec.extra ? { extra: spec.extra } : {}),
  };
}

function attributeProblems({ resourceAttributes, nonResourceAttributes }: Asked): FieldProblem[] {
  if (resourceAttributes && nonResourceAttributes) {
    const detail = 'cannot be specified in combination with resourceAttributes';
    return [invalidValue('spec.nonResourceAttributes', nonResourceAttributes, detail)];
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    return [invalidValue('spec.resourceAttributes', null, detail)];
  }
  return resourceAttributes ? [...selectorProblems(resourceAttributes)] : [];
}

function subjectProblems({ user, groups }: SubjectAccessReviewSpec): FieldProblem[] {
  if (user || groups?.length) return [];
  return [invalidValue('spec.user', '', 'at least one of user or group must be specified')];
}

/** Reviews may have no name, nor other metadata of stored objects. */
function metadataProblems(metadata: object | undefined, allowed: readonly string[] = []): FieldProblem[] {
  const given = Object.entries(metadata ?? {}).filter(([key]) => key !== 'managedFields' && !allowed.includes(key));
  if (given.length === 0) return [];
  const detail = allowed.length > 0 ? `must be empty except for ${allowed.join(', ')}` : 'must be empty';
  return [invalidValue('metadata', metadata, detail)];
}

function localProblems({ metadata, spec }: LocalSubjectAccessReview): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { resourceAttributes, nonResourceAttributes } = spec;
  const asked = resourceAttributes?.namespace ?? '';
  if (resourceAttributes && asked !== (metadata?.namespace ?? ''))
    problems.push(invalidValue('spec.resourceAttributes.namespace', asked, 'must match metadata.namespace'));
  if (nonResourceAttributes) {
    const detail = 'disallowed on this kind of request';
    problems.push(invalidValue('spec.nonResourceAttributes', nonResourceAttributes, detail));
  }
  return problems;
}

/** Upstream's errors for reviews name no kind. */
function refuse(problems: readonly FieldProblem[]): void {
  if (problems.length > 0) throw invalid({ group, kind: '' }, '', problems);
}
