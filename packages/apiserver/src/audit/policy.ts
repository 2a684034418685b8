import type { GroupResources, PolicyRule } from '@typernetes/api/audit/v1';
import { aggregateText } from '@typernetes/base';
import { type ConfigKind, decodeConfig } from '@typernetes/process';
import type { AccessAttributes } from '../authorization/authorizer.ts';

/** How much of a request is recorded, from nothing to everything. */
export type AuditLevel = 'None' | 'Metadata' | 'Request' | 'RequestResponse';

/** When something is recorded about it. */
export type AuditStage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';

interface AuditPolicy {
  readonly rules: readonly PolicyRule[];
  readonly omitStages?: readonly string[];
  readonly omitManagedFields?: boolean;
}

/** The policy's decision about one request. */
export interface AuditVerdict {
  readonly level: AuditLevel;
  readonly omitStages: ReadonlySet<string>;
  readonly omitManagedFields: boolean;
}

/**
 * Without a policy file: records who did what, once per response. Upstream would record nothing; here a log file is
 * enough.
 */
export const defaultPolicy: AuditPolicy = { rules: [{ level: 'Metadata' }], omitStages: ['RequestReceived'] };

const levels: readonly string[] = ['None', 'Metadata', 'Request', 'RequestResponse'];
const stages: readonly string[] = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'];

const policyKind: ConfigKind = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  fields: {
    metadata: 'any',
    rules: {
      list: {
        fields: {
          level: 'string',
          users: { list: 'string' },
          userGroups: { list: 'string' },
          verbs: { list: 'string' },
          resources: {
            list: {
              fields: { group: 'string', resources: { list: 'string' }, resourceNames: { list: 'string' } },
            },
          },
          namespaces: { list: 'string' },
          nonResourceURLs: { list: 'string' },
          omitStages: { list: 'string' },
          omitManagedFields: 'boolean',
        },
      },
    },
    omitStages: { list: 'string' },
    omitManagedFields: 'boolean',
  },
};

/** Decodes `--audit-policy-file`. Throws an error that lists all problems. */
export function decodeAuditPolicy(text: string): AuditPolicy {
  const policy = decodeConfig<AuditPolicy>(text, policyKind);
  const rules = policy.rules ?? [];
  if (rules.length === 0) throw new Error('loaded illegal policy with 0 rules');
  const problems = [...stageProblems(policy.omitStages, 'omitStages'), ...rules.flatMap(ruleProblems)];
  if (problems.length > 0) throw new Error(aggregateText(problems));
  return { ...policy, rules };
}

function ruleProblems(rule: PolicyRule, index: number): string[] {
  const at = `rules[${index}]`;
  const problems: string[] = [];
  if (!rule.level) problems.push(`${at}.level: Required value`);
  else if (!levels.includes(rule.level))
    problems.push(
      `${at}.level: Unsupported value: ${JSON.stringify(rule.level)}: supported values: ${levels.map((one) => JSON.stringify(one)).join(', ')}`,
    );
  const urls = rule.nonResourceURLs ?? [];
  if (urls.length > 0 && (rule.resources?.length || rule.namespaces?.length))
    problems.push(
      `${at}.nonResourceURLs: Invalid value: ${JSON.stringify(urls)}: rules cannot apply to both regular resources and non-resource URLs`,
    );
  urls.forEach((url, i) => {
    const field = `${at}.nonResourceURLs[${i}]: Invalid value: ${JSON.stringify(url)}`;
    if (url === '*') return;
    if (!url.startsWith('/')) problems.push(`${field}: non-resource URL rules must begin with a '/' character`);
    if (url !== '' && url.slice(0, -1).includes('*'))
      problems.push(`${field}: non-resource URL wildcards '*' must be the final character of the rule`);
  });
  (rule.resources ?? []).forEach((of, i) => {
    const named = (of.resourceNames?.length ?? 0) > 0;
    if (named && !of.resources?.length)
      problems.push(
        `${at}.resources[${i}].resourceNames: Invalid value: ${JSON.stringify(of.resourceNames)}: using resourceNames requires at least one resource`,
      );
    (of.resources ?? []).forEach((resource, j) => {
      const field = `${at}.resources[${i}].resources[${j}]: Invalid value: ${JSON.stringify(resource)}`;
      if (resource === '') problems.push(`${field}: empty resource name is not allowed`);
    });
  });
  return [...problems, ...stageProblems(rule.omitStages, `${at}.omitStages`)];
}

function stageProblems(omitted: readonly string[] | undefined, at: string): string[] {
  return (omitted ?? []).flatMap((stage, i) =>
    stages.includes(stage)
      ? []
      : [`${at}[${i}]: Invalid value: ${JSON.stringify(stage)}: allowed stages are ${stages.join(',')}`],
  );
}

/**
 * Compiles a policy into a function that decides what to record about a request. The first matching rule decides;
 * without one it is None.
 */
export function auditPolicyEvaluator(policy: AuditPolicy): (access: AccessAttributes) => AuditVerdict {
  const general = policy.omitStages ?? [];
  const rules = policy.rules.map((rule) => ({
    rule,
    verdict: {
      level: rule.level as AuditLevel,
      omitStages: new Set([...general, ...(rule.omitStages ?? [])]),
      omitManagedFields: rule.omitManagedFields ?? policy.omitManagedFields ?? false,
    },
  }));
  const nothing: AuditVerdict = { level: 'None', omitStages: new Set(general), omitManagedFields: false };
  return (access) => rules.find(({ rule }) => ruleMatches(rule, access))?.verdict ?? nothing;
}

function ruleMatches(rule: PolicyRule, access: AccessAttributes): boolean {
  const { user, verb } = access;
  if (rule.users?.length && !rule.users.includes(user.username)) return false;
  if (rule.userGroups?.length && !user.groups.some((group) => rule.userGroups?.includes(group))) return false;
  if (rule.verbs?.length && !rule.verbs.includes(verb)) return false;
  if (rule.namespaces?.length || rule.resources?.length) {
    if (!access.isResourceRequest) return false;
    if (rule.namespaces?.length && !rule.namespaces.includes(access.namespace)) return false;
    return !rule.resources?.length || rule.resources.some((of) => resourceMatches(of, access));
  }
  if (rule.nonResourceURLs?.length)
    return !access.isResourceRequest && rule.nonResourceURLs.some((url) => urlMatches(url, access.path));
  return true;
}

function resourceMatches(of: GroupResources, { apiGroup, resource, subresource, name }: AccessAttributes): boolean {
  if ((of.group ?? '') !== apiGroup) return false;
  if (!of.resources?.length) return true;
  if (of.resourceNames?.length && !of.resourceNames.includes(name)) return false;
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  return of.resources.some(
    (one) =>
      one === '*' ||
      one === combined ||
      (subresource !== '' && one === `*/${subresource}`) ||
      // The resource and its subresources.
      one === `${resource}/*`,
  );
}

function urlMatches(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')));
}
