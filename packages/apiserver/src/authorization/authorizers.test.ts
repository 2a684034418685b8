import assert from 'node:assert/strict';
import { test } from 'node:test';
import { literalReads } from '../testing/object-reads.ts';
import type { AccessAttributes } from './authorizer.ts';
import { nodeRules } from './bootstrap-policy/cluster-roles.ts';
import { privilegedGroupAuthorizer } from './constant.ts';
import { checkBindingWrite, checkRoleWrite } from './escalation.ts';
import { nodeAuthorizer } from './node.ts';
import { podReferences, volumeSecrets } from './node-references.ts';
import { type RbacReads, rbacAuthorizer, subjectKeys } from './rbac.ts';
import { reviewAccess, reviewOwnRules } from './reviews.ts';
import { forbiddenError, unionAuthorizer } from './union.ts';

const view = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' };
const reads: RbacReads = {
  roles: literalReads([
    {
      metadata: { name: 'pod-reader', namespace: 'dev' },
      rules: [{ apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list'] }],
    },
    {
      metadata: { name: 'one-secret', namespace: 'dev' },
      rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['token'], verbs: ['get'] }],
    },
  ] as never),
  clusterRoles: literalReads([
    { metadata: { name: 'scaler' }, rules: [{ apiGroups: ['*'], resources: ['*/scale'], verbs: ['*'] }] },
    { metadata: { name: 'urls' }, rules: [{ nonResourceURLs: ['/healthz', '/logs/*'], verbs: ['get'] }] },
    { metadata: { name: 'view' }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: view }] } },
    {
      metadata: { name: 'widgets', labels: view },
      rules: [{ apiGroups: ['acme.io'], resources: ['widgets'], verbs: ['list'] }],
    },
  ] as never),
  roleBindings: literalReads(
    [
      {
        metadata: { name: 'jane', namespace: 'dev' },
        roleRef: { kind: 'Role', name: 'pod-reader' },
        subjects: [{ kind: 'User', name: 'jane' }],
      },
      {
        metadata: { name: 'sa', namespace: 'dev' },
        roleRef: { kind: 'Role', name: 'one-secret' },
        subjects: [{ kind: 'ServiceAccount', name: 'web' }],
      },
      {
        metadata: { name: 'lost', namespace: 'dev' },
        roleRef: { kind: 'Role', name: 'gone' },
        subjects: [{ kind: 'User', name: 'bob' }],
      },
    ] as never,
    subjectKeys,
  ),
  clusterRoleBindings: literalReads(
    [
      {
        metadata: { name: 'scalers' },
        roleRef: { kind: 'ClusterRole', name: 'scaler' },
        subjects: [{ kind: 'Group', name: 'ops' }],
      },
      {
        metadata: { name: 'urls' },
        roleRef: { kind: 'ClusterRole', name: 'urls' },
        subjects: [{ kind: 'Group', name: 'ops' }],
      },
      {
        metadata: { name: 'viewers' },
        roleRef: { kind: 'ClusterRole', name: 'view' },
        subjects: [{ kind: 'User', name: 'viewer' }],
      },
    ] as never,
    subjectKeys,
  ),
};

/** `get pods/log.group ns/name`, or `get /url`. */
function access(who: string, what: string, groups: string[] = []): AccessAttributes {
  const [verb = '', target = '', where = '/'] = what.split(' ');
  const [namespace = '', name = ''] = where.split('/');
  const [qualified = '', apiGroup = ''] = [target.split('.')[0], target.split('.').slice(1).join('.')];
  const [resource = '', subresource = ''] = qualified.split('/');
  const user = { username: who, groups };
  const base = { user, verb, apiVersion: 'v1' };
  if (target.startsWith('/')) {
    return {
      ...base,
      isResourceRequest: false,
      path: target,
      apiGroup: '',
      namespace: '',
      resource: '',
      subresource: '',
      name: '',
    };
  }
  return { ...base, isResourceRequest: true, path: '', apiGroup, namespace, resource, subresource, name };
}

test('RBAC allows what the rules of bound roles allow, and nothing else', () => {
  const rbac = rbacAuthorizer(reads);
  const cases: [string, string, string[], boolean][] = [
    ['jane', 'get pods dev/web', [], true],
    ['jane', 'get pods/log dev/web', [], true],
    ['jane', 'get pods/exec dev/web', [], false],
    ['jane', 'delete pods dev/web', [], false],
    ['jane', 'get pods other/web', [], false],
    ['jane', 'list pods', [], false],
    ['system:serviceaccount:dev:web', 'get secrets dev/token', [], true],
    ['system:serviceaccount:dev:web', 'get secrets dev/other', [], false],
    ['system:serviceaccount:dev:web', 'list secrets dev/', [], false],
    ['system:serviceaccount:other:web', 'get secrets dev/token', [], false],
    ['x', 'update deployments/scale.apps dev/web', ['ops'], true],
    ['x', 'update deployments.apps dev/web', ['ops'], false],
    ['x', 'get /healthz', ['ops'], true],
    ['x', 'get /logs/a/b', ['ops'], true],
    ['x', 'get /metrics', ['ops'], false],
    ['viewer', 'list widgets.acme.io dev/', [], true],
  ];
  for (const [who, what, groups, allowed] of cases) {
    const { verdict } = rbac.authorize(access(who, what, groups)) as { verdict: string };
    assert.equal(verdict, allowed ? 'allow' : 'no-opinion', `${who}: ${what}`);
  }
});

test("decisions have upstream's reasons", async () => {
  const authorize = unionAuthorizer([privilegedGroupAuthorizer, rbacAuthorizer(reads)]);
  assert.equal(
    (await authorize(access('jane', 'get pods dev/web'))).reason,
    'RBAC: allowed by RoleBinding "jane/dev" of Role "pod-reader" to User "jane"',
  );
  assert.equal((await authorize(access('root', 'delete nodes', ['system:masters']))).verdict, 'allow');
  const refusal = async (a: AccessAttributes): Promise<string> => forbiddenError(a, await authorize(a)).message;
  const cases: [AccessAttributes, string][] = [
    [
      access('x', 'list pods default/'),
      'pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "default"',
    ],
    [
      access('x', 'list nodes'),
      'nodes is forbidden: User "x" cannot list resource "nodes" in API group "" at the cluster scope',
    ],
    [
      access('x', 'update deployments/scale.apps dev/web'),
      'deployments.apps "web" is forbidden: User "x" cannot update resource "deployments/scale" in API group "apps" in the namespace "dev"',
    ],
    [access('x', 'get /metrics'), 'forbidden: User "x" cannot get path "/metrics"'],
    [
      access('bob', 'list pods dev/'),
      'pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "dev": RBAC: role.rbac.authorization.k8s.io "gone" not found',
    ],
  ];
  for (const [asked, message] of cases) assert.equal(await refusal(asked), message);
});

test('nobody can grant permissions they do not have', async () => {
  const authorize = unionAuthorizer([rbacAuthorizer(reads)]);
  const jane = { username: 'jane', groups: ['dev'] };
  const role = (verbs: string[]) =>
    ({ metadata: { name: 'r', namespace: 'dev' }, rules: [{ apiGroups: [''], resources: ['pods'], verbs }] }) as never;
  const options = { reads, authorize };
  await checkRoleWrite(jane, role(['get', 'list']), options);
  await checkRoleWrite(jane, role(['delete']), { ...options, old: role(['delete']) });
  await checkRoleWrite({ username: 'root', groups: ['system:masters'] }, role(['*']), options);
  await assert.rejects(checkRoleWrite(jane, role(['get', 'delete', 'watch']), options), {
    reason: 'Forbidden',
    message:
      'roles.rbac.authorization.k8s.io "r" is forbidden: user "jane" (groups=["dev"]) is attempting to grant RBAC permissions not currently held:\n' +
      '{APIGroups:[""], Resources:["pods"], Verbs:["delete" "watch"]}',
  });
  const binding = (kind: string, name: string) =>
    ({ metadata: { name: 'b', namespace: 'dev' }, roleRef: { kind, name }, subjects: [] }) as never;
  await checkBindingWrite(jane, binding('Role', 'pod-reader'), options);
  await assert.rejects(checkBindingWrite(jane, binding('ClusterRole', 'scaler'), options), { reason: 'Forbidden' });
  await assert.rejects(checkBindingWrite(jane, binding('Role', 'gone'), options), { reason: 'NotFound' });
});

test('a node reads what its pods refer to', () => {
  const pods = [
    {
      metadata: { name: 'web', namespace: 'dev' },
      spec: {
        nodeName: 'n1',
        serviceAccountName: 'web',
        imagePullSecrets: [{ name: 'registry' }],
        resourceClaims: [
          { name: 'a', resourceClaimName: 'gpu' },
          { name: 'b', resourceClaimTemplateName: 'made' },
        ],
        containers: [
          {
            env: [{ valueFrom: { configMapKeyRef: { name: 'settings' } } }],
            envFrom: [{ secretRef: { name: 'env' } }],
          },
        ],
        volumes: [
          { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
          { name: 'p', projected: { sources: [{ secret: { name: 'part' } }] } },
        ],
      },
      status: {
        resourceClaimStatuses: [{ name: 'b', resourceClaimName: 'web-made' }],
        extendedResourceClaimStatus: { resourceClaimName: 'web-extended', requestMappings: [] },
      },
    },
    { metadata: { name: 'pending', namespace: 'dev' }, spec: { serviceAccountName: 'late', containers: [] } },
    {
      metadata: { name: 'mirror', namespace: 'dev', annotations: { 'kubernetes.io/config.mirror': 'x' } },
      spec: { nodeName: 'n1', serviceAccountName: 'root', containers: [] },
    },
  ];
  const volume = {
    metadata: { name: 'pv' },
    spec: {
      claimRef: { namespace: 'dev', name: 'data' },
      csi: { nodeStageSecretRef: { name: 'stage', namespace: 'csi' } },
    },
  };
  const authorizer = nodeAuthorizer(
    {
      pods: literalReads(pods as never, podReferences),
      persistentVolumes: literalReads([volume] as never, volumeSecrets),
      volumeAttachments: literalReads([{ metadata: { name: 'va' }, spec: { nodeName: 'n1' } }] as never),
      resourceSlices: literalReads([{ metadata: { name: 'slice' }, spec: { nodeName: 'n1' } }] as never),
    },
    nodeRules,
  );
  const cases: [string, boolean][] = [
    ['get secrets dev/registry', true],
    ['watch secrets dev/env', true],
    ['get secrets dev/part', true],
    ['get secrets csi/stage', true],
    ['get secrets dev/other', false],
    ['get secrets other/registry', false],
    ['list secrets dev/', false],
    ['update secrets dev/registry', false],
    ['get configmaps dev/settings', true],
    ['get persistentvolumeclaims dev/data', true],
    ['list persistentvolumeclaims dev/', false],
    ['get persistentvolumes /pv', true],
    ['get volumeattachments.storage.k8s.io /va', true],
    ['create serviceaccounts/token dev/web', true],
    ['create serviceaccounts/token dev/late', false],
    ['create serviceaccounts/token dev/root', false],
    ['get pods dev/web', true],
    ['get pods dev/pending', false],
    ['list pods', false],
    ['create pods dev/', true],
    ['patch pods/status dev/web', true],
    ['update leases.coordination.k8s.io kube-node-lease/n1', true],
    ['update leases.coordination.k8s.io kube-node-lease/n2', false],
    ['create leases.coordination.k8s.io kube-node-lease/', true],
    ['get leases.coordination.k8s.io kube-system/n1', false],
    ['get csinodes.storage.k8s.io /n1', true],
    ['get csinodes.storage.k8s.io /n2', false],
    ['get resourceclaims.resource.k8s.io dev/gpu', true],
    ['get resourceclaims.resource.k8s.io dev/web-made', true],
    ['get resourceclaims.resource.k8s.io dev/web-extended', true],
    ['get resourceclaims.resource.k8s.io dev/other', false],
    ['get resourceslices.resource.k8s.io /slice', true],
    ['delete resourceslices.resource.k8s.io /other', false],
    ['list resourceslices.resource.k8s.io', false],
    ['get nodes /n1', true],
    ['get nodes /n2', false],
    ['list nodes', false],
    ['update nodes /n1', true],
    ['patch nodes/status /n1', true],
    ['delete nodes /n1', false],
    ['create events dev/', true],
    ['list deployments.apps dev/', false],
  ];
  for (const [what, allowed] of cases) {
    const decision = authorizer.authorize(access('system:node:n1', what, ['system:nodes'])) as { verdict: string };
    assert.equal(decision.verdict, allowed ? 'allow' : 'no-opinion', what);
  }
  const other = authorizer.authorize(access('system:node:n1', 'get secrets dev/registry'));
  assert.deepEqual(other, { verdict: 'no-opinion', reason: '' });
  assert.deepEqual(authorizer.authorize(access('system:node:n2', 'get secrets dev/registry', ['system:nodes'])), {
    verdict: 'no-opinion',
    reason: "no relationship found between node 'n2' and this object",
  });
  const listing = { ...access('system:node:n1', 'list pods', ['system:nodes']), fieldSelector: 'spec.nodeName=n2' };
  assert.deepEqual(authorizer.authorize(listing), {
    verdict: 'no-opinion',
    reason: 'can only list/watch pods with spec.nodeName field selector',
  });
});

test("reviews return the authorizers' decisions", async () => {
  const authorize = unionAuthorizer([rbacAuthorizer(reads)]);
  const ask = (spec: object) => reviewAccess({ metadata: {} as never, spec }, authorize);
  const resourceAttributes = { verb: 'get', resource: 'pods', namespace: 'dev', name: 'web' };
  assert.equal((await ask({ user: 'jane', resourceAttributes })).status?.allowed, true);
  assert.deepEqual((await ask({ user: 'joe', resourceAttributes })).status, { allowed: false });
  assert.equal(
    (await ask({ user: 'x', groups: ['ops'], nonResourceAttributes: { verb: 'get', path: '/healthz' } })).status
      ?.allowed,
    true,
  );
  await assert.rejects(
    ask({ user: 'jane' }),
    /exactly one of nonResourceAttributes or resourceAttributes must be specified/,
  );
  await assert.rejects(ask({ resourceAttributes }), /at least one of user or group must be specified/);
  const at = 'spec.resourceAttributes';
  const refused: [object, string][] = [
    [
      { fieldSelector: { rawSelector: 'a=b', requirements: [{ key: 'a', operator: 'Exists' }] } },
      `${at}.fieldSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements`,
    ],
    [
      { labelSelector: {} },
      `${at}.labelSelector.requirements: Required value: when ${at}.labelSelector is specified, requirements or rawSelector is required`,
    ],
    [
      { fieldSelector: { requirements: [{ operator: 'In' }] } },
      `[${at}.fieldSelector.requirements[0].key: Required value: must be specified, ${at}.fieldSelector.requirements[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn']`,
    ],
    [
      { labelSelector: { requirements: [{ key: 'a', operator: 'Exists', values: ['b'] }] } },
      `${at}.labelSelector.requirements[0].values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`,
    ],
  ];
  for (const [selectors, message] of refused)
    await assert.rejects(ask({ user: 'jane', resourceAttributes: { ...resourceAttributes, ...selectors } }), (error) =>
      String(error).endsWith(message),
    );
  const unknown = { fieldSelector: { requirements: [{ key: 'a', operator: 'Newer' }] } };
  assert.equal(
    (await ask({ user: 'jane', resourceAttributes: { ...resourceAttributes, ...unknown } })).status?.allowed,
    true,
  );
  const rules = reviewOwnRules(
    { metadata: {} as never, spec: { namespace: 'dev' } },
    { username: 'jane', groups: ['ops'] },
    { reads },
  );
  assert.deepEqual(rules.status, {
    resourceRules: [
      { apiGroups: ['*'], resources: ['*/scale'], verbs: ['*'] },
      { apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list'] },
    ],
    nonResourceRules: [{ nonResourceURLs: ['/healthz', '/logs/*'], verbs: ['get'] }],
    incomplete: false,
  });
});
