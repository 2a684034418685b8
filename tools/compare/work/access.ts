import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import type { Json } from '../samples.ts';

const verbs = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
  '*',
  'escalate',
  'bind',
  'impersonate',
  'use',
  'odd',
];
const groups = ['', 'apps', 'batch', 'rbac.authorization.k8s.io', '*', 'example.com'];
const resources = [
  'pods',
  'configmaps',
  'secrets',
  'deployments',
  'deployments/scale',
  'pods/log',
  '*',
  '*/scale',
  'pods/*',
  'roles',
  'clusterroles',
  'nodes',
  'users',
  'things',
];
const names = ['a', 'b', 'view'];
const urls = ['/healthz', '/healthz/*', '/metrics', '*', '/api/*', '/version'];
const users = ['jane', 'joe', 'system:serviceaccount:default:app', 'system:anonymous'];
const memberships = [
  'devs',
  'ops',
  'system:authenticated',
  'system:serviceaccounts',
  'system:serviceaccounts:default',
  'system:unauthenticated',
];
const base = '/apis/rbac.authorization.k8s.io/v1';

function rule(chance: Chance, isOfCluster: boolean): Json {
  if (isOfCluster && chance.of(0.25))
    return { verbs: chance.some(verbs, 1, 3), nonResourceURLs: chance.some(urls, 1, 2) };
  return {
    verbs: chance.some(verbs, chance.of(0.05) ? 0 : 1, 4),
    apiGroups: chance.some(groups, chance.of(0.05) ? 0 : 1, 2),
    resources: chance.some(resources, chance.of(0.05) ? 0 : 1, 3),
    ...(chance.of(0.3) ? { resourceNames: chance.some(names, 1, 2) } : {}),
    ...(chance.of(0.04) ? { nonResourceURLs: ['/x'] } : {}),
  };
}

function subject(chance: Chance): Json {
  const kind = chance.pick(['User', 'Group', 'ServiceAccount', 'ServiceAccount', 'Odd']);
  if (kind === 'ServiceAccount')
    return {
      kind,
      name: chance.pick(['app', 'other', 'A']),
      ...(chance.of(0.8) ? { namespace: chance.pick(['default', 'kube-system']) } : {}),
    };
  return {
    kind,
    name: chance.pick(kind === 'Group' ? memberships : users),
    ...(chance.of(0.7)
      ? { apiGroup: chance.pick(['rbac.authorization.k8s.io', 'rbac.authorization.k8s.io', 'x']) }
      : {}),
  };
}

/**
 * Random roles and bindings; compares what users may do, by reviews and by trying; and roles created by users without
 * the rights.
 */
export async function access(compare: Comparison, { seed, index }: Case): Promise<void> {
  const chance = new Chance(seed);
  const made: string[] = [];
  const make = async (path: string, body: Json, headers?: Record<string, string>): Promise<void> => {
    const { name } = body.metadata as { name: string };
    await compare.ask({ method: 'POST', path, body, ...(headers ? { headers } : {}) });
    made.push(`${path}/${name}`);
  };
  const who = (): Record<string, string> => ({
    'impersonate-user': chance.pick(users),
    'impersonate-group': chance.pick(memberships),
  });
  for (let i = 0; i < 3; i++) {
    const isOfCluster = chance.of(0.5);
    const role = `x${index}-${i}`;
    const roles = `${base}/${isOfCluster ? 'clusterroles' : 'namespaces/default/roles'}`;
    await make(roles, {
      metadata: { name: role, ...(chance.of(0.2) ? { labels: { agg: `x${index}` } } : {}) },
      rules: Array.from({ length: 1 + chance.below(3) }, () => rule(chance, isOfCluster)),
    });
    const bindings = `${base}/${isOfCluster && chance.of(0.5) ? 'clusterrolebindings' : 'namespaces/default/rolebindings'}`;
    const roleRef = {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: isOfCluster ? 'ClusterRole' : 'Role',
      name: chance.of(0.9) ? role : 'none',
    };
    await make(bindings, {
      metadata: { name: `b${role}` },
      roleRef,
      subjects: Array.from({ length: 1 + chance.below(2) }, () => subject(chance)),
    });
  }
  for (let i = 0; i < 12; i++) {
    const about = chance.of(0.25)
      ? {
          nonResourceAttributes: {
            verb: chance.pick(['get', 'post', '*']),
            path: chance.pick(['/healthz', '/healthz/x', '/metrics', '/', '/api/v1', '*']),
          },
        }
      : {
          resourceAttributes: {
            verb: chance.pick(verbs),
            group: chance.pick(groups),
            resource: chance.pick(['pods', 'configmaps', 'deployments', 'roles', 'nodes', '*', 'things']),
            ...(chance.of(0.5) ? { namespace: chance.pick(['default', 'kube-system', '']) } : {}),
            ...(chance.of(0.3) ? { subresource: chance.pick(['scale', 'log', '*', 'status']) } : {}),
            ...(chance.of(0.3) ? { name: chance.pick(names) } : {}),
            ...(chance.of(0.1) ? { version: chance.pick(['v1', '*']) } : {}),
          },
        };
    const user = chance.pick(users);
    const spec = {
      ...about,
      user,
      groups: chance.some(memberships, 0, 2),
      ...(chance.of(0.05) ? { user: '' } : {}),
      ...(chance.of(0.03) ? { nonResourceAttributes: { path: '/x', verb: 'get' } } : {}),
    };
    const reviews = '/apis/authorization.k8s.io/v1';
    const review = async (path: string, kind: string, body: Json, headers?: Record<string, string>): Promise<void> => {
      await compare.ask(
        {
          method: 'POST',
          path,
          body: { apiVersion: 'authorization.k8s.io/v1', kind, ...body },
          ...(headers ? { headers } : {}),
        },
        verdict,
      );
    };
    await review(`${reviews}/subjectaccessreviews`, 'SubjectAccessReview', { spec });
    if (chance.of(0.3))
      await review(`${reviews}/namespaces/default/localsubjectaccessreviews`, 'LocalSubjectAccessReview', {
        metadata: { namespace: 'default' },
        spec,
      });
    if (chance.of(0.5))
      await review(`${reviews}/selfsubjectaccessreviews`, 'SelfSubjectAccessReview', { spec: about }, who());
    if (chance.of(0.3))
      await review(
        `${reviews}/selfsubjectrulesreviews`,
        'SelfSubjectRulesReview',
        { spec: { namespace: chance.pick(['default', 'kube-system', '']) } },
        who(),
      );
    const path = chance.pick([
      '/api/v1/namespaces/default/pods',
      '/api/v1/pods',
      '/api/v1/namespaces/default/configmaps/a',
      '/apis/apps/v1/namespaces/default/deployments/a/scale',
      '/api/v1/nodes',
      '/healthz',
      '/metrics',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/view',
      '/api/v1/namespaces/default/pods/a/log',
      '/apis/example.com/v1/things',
      '/version',
      '/nothing',
    ]);
    await compare.ask({ method: chance.pick(['GET', 'GET', 'POST', 'DELETE', 'PUT']), path, headers: who() }, refusal);
  }
  for (let i = 0; i < 3; i++) {
    const isOfCluster = chance.of(0.5);
    await make(
      `${base}/${isOfCluster ? 'clusterroles' : 'namespaces/default/roles'}`,
      { metadata: { name: `y${index}-${i}` }, rules: [rule(chance, isOfCluster)] },
      who(),
    );
    await make(
      `${base}/namespaces/default/rolebindings`,
      {
        metadata: { name: `z${index}-${i}` },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'ClusterRole',
          name: chance.pick(['view', 'edit', `x${index}-0`]),
        },
        subjects: [subject(chance)],
      },
      who(),
    );
  }
  for (const path of made) await compare.quietly({ method: 'DELETE', path });
}

/** Both report the grants; of a user's rules only those of this case count, because the servers' own roles differ. */
function verdict(form: unknown): unknown {
  const { status, kind } = form as { status?: Json; kind?: string };
  if (kind === 'Status' || typeof status !== 'object') return form;
  const rules = (list: unknown): unknown =>
    Array.isArray(list) ? list.map((one) => JSON.stringify(one)).sort() : list;
  return {
    kind,
    status: { ...status, resourceRules: rules(status.resourceRules), nonResourceRules: rules(status.nonResourceRules) },
  };
}

/** Only denials count: other work compares answers to allowed requests. */
function refusal(form: unknown): unknown {
  return (form as Json | undefined)?.kind === 'Status' ? form : '<answer>';
}
