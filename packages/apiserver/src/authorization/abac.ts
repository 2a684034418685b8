import { isJsonObject } from '@typernetes/machinery';
import { authenticatedGroup } from '../identity/groups.ts';
import type { UserInfo } from '../identity/user-info.ts';
import type { AccessAttributes, Authorizer } from './authorizer.ts';

/** One line of a policy file (upstream: abac.authorization.kubernetes.io Policy). An empty field matches nothing. */
interface AbacPolicy {
  readonly user: string;
  readonly group: string;
  readonly readonly: boolean;
  readonly apiGroup: string;
  readonly resource: string;
  readonly namespace: string;
  readonly nonResourcePath: string;
}

const supported = ['abac.authorization.kubernetes.io/v1beta1', 'abac.authorization.kubernetes.io/v0'];

/**
 * Decodes `--authorization-policy-file`: one JSON object per line; skips blank lines and comments. Throws for an
 * invalid line.
 */
export function decodeAbacPolicies(text: string): AbacPolicy[] {
  return text.split('\n').flatMap((line, i) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    try {
      return [decodePolicy(JSON.parse(trimmed))];
    } catch (cause) {
      throw new Error(
        `error reading policy file, line ${i}: ${line}: ${cause instanceof Error ? cause.message : cause}`,
        {
          cause,
        },
      );
    }
  });
}

function decodePolicy(document: unknown): AbacPolicy {
  if (!isJsonObject(document)) throw new Error('a policy must be an object');
  const { apiVersion, kind } = document;
  if (apiVersion === undefined && kind === undefined) return unversioned(document);
  if (kind !== 'Policy' || !supported.includes(String(apiVersion)))
    throw new Error(`unrecognized object: ${String(apiVersion)}, Kind=${String(kind)}`);
  if (apiVersion === supported[1]) return unversioned(document);
  return policyOf(isJsonObject(document.spec) ? document.spec : {});
}

function policyOf(spec: Record<string, unknown>): AbacPolicy {
  const text = (name: string): string => (typeof spec[name] === 'string' ? spec[name] : '');
  return {
    user: text('user'),
    group: text('group'),
    readonly: spec.readonly === true,
    apiGroup: text('apiGroup'),
    resource: text('resource'),
    namespace: text('namespace'),
    nonResourcePath: text('nonResourcePath'),
  };
}

/** The unversioned form, in which an absent field matches everything. */
function unversioned(fields: Record<string, unknown>): AbacPolicy {
  const { user, group, readonly, resource, namespace } = policyOf(fields);
  return {
    user,
    group: user === '' && group === '' ? authenticatedGroup : group,
    readonly,
    apiGroup: '*',
    resource: resource || '*',
    namespace: namespace || '*',
    nonResourcePath: resource === '' && namespace === '' ? '*' : '',
  };
}

/** `--authorization-mode=ABAC`: the first policy that matches allows. */
export function abacAuthorizer(policies: readonly AbacPolicy[]): Authorizer {
  return {
    name: 'ABAC',
    authorize: (access) =>
      policies.some((policy) => matches(policy, access))
        ? { verdict: 'allow', reason: '' }
        : { verdict: 'no-opinion', reason: 'No policy matched.' },
  };
}

const one = (pattern: string, value: string): boolean => pattern === '*' || pattern === value;

function matches(policy: AbacPolicy, access: AccessAttributes): boolean {
  if (!isSubject(policy, access.user)) return false;
  const reads = access.verb === 'get' || access.verb === 'list' || access.verb === 'watch';
  if (policy.readonly && !reads) return false;
  if (access.isResourceRequest)
    return (
      one(policy.namespace, access.namespace) &&
      one(policy.resource, access.resource) &&
      one(policy.apiGroup, access.apiGroup)
    );
  const path = policy.nonResourcePath;
  return one(path, access.path) || (path.endsWith('*') && access.path.startsWith(path.slice(0, -1)));
}

function isSubject({ user, group }: AbacPolicy, sender: UserInfo): boolean {
  if (user === '' && group === '') return false;
  if (user !== '' && !one(user, sender.username)) return false;
  return group === '' || group === '*' || sender.groups.includes(group);
}
