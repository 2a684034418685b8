import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { createMetrics } from '@typernetes/process';
import { authorizationWebhookMetrics } from '../observers/authorization-webhook-metrics.ts';
import { abacAuthorizer, decodeAbacPolicies } from './abac.ts';
import type { AccessAttributes } from './authorizer.ts';
import { decodeAuthorizationConfiguration } from './configuration.ts';
import { reviewSpecOf, webhookAuthorizer } from './webhook.ts';

const access = (
  changes: Partial<AccessAttributes> & { username?: string; groups?: string[] } = {},
): AccessAttributes => {
  const { username = 'jane', groups = ['dev'], ...rest } = changes;
  return {
    isResourceRequest: true,
    path: '',
    verb: 'get',
    apiGroup: '',
    apiVersion: 'v1',
    namespace: 'a',
    resource: 'pods',
    subresource: '',
    name: 'web',
    user: { username, groups },
    ...rest,
  };
};

test('ABAC allows what a line of its policy allows', async () => {
  const spec = (fields: object) =>
    JSON.stringify({ apiVersion: 'abac.authorization.kubernetes.io/v1beta1', kind: 'Policy', spec: fields });
  const lines = [
    '# the administrators',
    spec({ user: 'alice', namespace: '*', resource: '*', apiGroup: '*', nonResourcePath: '*' }),
    '',
    spec({ group: 'dev', namespace: 'a', resource: 'pods', readonly: true }),
    spec({ user: '*', nonResourcePath: '/version*', readonly: true }),
    JSON.stringify({ user: 'bob', namespace: 'b' }),
  ];
  const abac = abacAuthorizer(decodeAbacPolicies(lines.join('\n')));
  const allows = async (changes: Parameters<typeof access>[0]): Promise<boolean> =>
    (await abac.authorize(access(changes))).verdict === 'allow';
  assert.equal(await allows({ username: 'alice', verb: 'delete', resource: 'secrets' }), true);
  assert.equal(await allows({}), true);
  assert.equal(await allows({ verb: 'update' }), false);
  assert.equal(await allows({ namespace: 'b' }), false);
  assert.equal(await allows({ apiGroup: 'apps' }), false);
  assert.equal(await allows({ isResourceRequest: false, path: '/version/x' }), true);
  assert.equal(await allows({ isResourceRequest: false, path: '/api' }), false);
  assert.equal(await allows({ username: 'bob', groups: [], namespace: 'b', verb: 'create', apiGroup: 'apps' }), true);
  assert.throws(() => decodeAbacPolicies('{"kind":"Role","apiVersion":"v1"}'), /error reading policy file, line 0/);
});

test('a webhook is called once for the same access, and its failure has the configured meaning', async () => {
  const clock = new FakeClock();
  const asked: unknown[] = [];
  let answer: unknown = { status: { allowed: true, reason: 'of course' } };
  const make = (onFailure: 'deny' | 'no-opinion', version = 'v1') =>
    webhookAuthorizer({
      name: 'hook',
      webhook: {
        post: async (body) => {
          asked.push(body);
          if (answer instanceof Error) throw answer;
          return answer;
        },
      },
      version,
      authorizedTtlMs: 1000,
      unauthorizedTtlMs: 100,
      onFailure,
      clock,
      log: silentLogger,
    });
  const hook = make('deny');
  assert.deepEqual(await hook.authorize(access()), { verdict: 'allow', reason: 'of course' });
  await hook.authorize(access());
  assert.equal(asked.length, 1);
  await clock.advance(1001);
  answer = { status: { allowed: false, denied: true, reason: 'never' } };
  assert.deepEqual(await hook.authorize(access()), { verdict: 'deny', reason: 'never' });
  await clock.advance(101);
  answer = new Error('refused');
  assert.deepEqual(await hook.authorize(access()), { verdict: 'deny', reason: 'refused' });
  assert.equal((await make('no-opinion', 'v1beta1').authorize(access())).verdict, 'no-opinion');
  assert.deepEqual(asked.at(-1), {
    kind: 'SubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1beta1',
    metadata: {},
    spec: {
      user: 'jane',
      group: ['dev'],
      resourceAttributes: { namespace: 'a', verb: 'get', version: 'v1', resource: 'pods', name: 'web' },
    },
    status: { allowed: false },
  });
});

test('counts the results of a webhook under its name', async () => {
  const metrics = createMetrics();
  let answer: unknown = { status: { allowed: true } };
  let isAsked: boolean | Error = true;
  const hook = webhookAuthorizer({
    name: 'hook',
    webhook: {
      post: async () => {
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    version: 'v1',
    authorizedTtlMs: 0,
    unauthorizedTtlMs: 0,
    onFailure: 'no-opinion',
    isAsked: () => {
      if (isAsked instanceof Error) throw isAsked;
      return isAsked;
    },
    clock: new FakeClock(),
    log: silentLogger,
    observer: authorizationWebhookMetrics(metrics)('hook'),
  });
  const answers = [answer, new Error('refused'), {}, new Error('context deadline exceeded')];
  for (answer of answers) await hook.authorize(access());
  for (isAsked of [false, new Error('no such key')]) await hook.authorize(access());
  const lines = metrics.render().split('\n');
  const counted = (name: string): string[] =>
    lines.filter((line) => line.startsWith(`apiserver_authorization_${name}{`)).map((line) => line.split('{')[1] ?? '');
  assert.deepEqual(counted('webhook_evaluations_total'), [
    'name="hook",result="success"} 1',
    'name="hook",result="error"} 2',
    'name="hook",result="timeout"} 1',
  ]);
  assert.deepEqual(counted('webhook_evaluations_fail_open_total'), [
    'name="hook",result="error"} 2',
    'name="hook",result="timeout"} 1',
  ]);
  assert.deepEqual(counted('match_condition_exclusions_total'), ['name="hook",type="Webhook"} 1']);
  assert.deepEqual(counted('match_condition_evaluation_errors_total'), ['name="hook",type="Webhook"} 1']);
  assert.deepEqual(counted('match_condition_evaluation_seconds_count'), ['name="hook",type="Webhook"} 6']);
});

test('sends selectors as requirements', () => {
  const spec = reviewSpecOf(
    access({ verb: 'list', fieldSelector: 'spec.nodeName=n1,x!=y', labelSelector: 'a in (b, c),d!=e,f,!g' }),
  );
  assert.deepEqual(spec.resourceAttributes?.fieldSelector, {
    requirements: [
      { key: 'spec.nodeName', operator: 'In', values: ['n1'] },
      { key: 'x', operator: 'NotIn', values: ['y'] },
    ],
  });
  assert.deepEqual(spec.resourceAttributes?.labelSelector, {
    requirements: [
      { key: 'a', operator: 'In', values: ['b', 'c'] },
      { key: 'd', operator: 'NotIn', values: ['e'] },
      { key: 'f', operator: 'Exists' },
      { key: 'g', operator: 'DoesNotExist' },
    ],
  });
});

const configuration = (authorizers: string): string =>
  `apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n${authorizers}`;

test('a configuration names the authorizers, and the conditions for calling a webhook', () => {
  const choices = decodeAuthorizationConfiguration(
    configuration(`
- type: Webhook
  name: hook
  webhook:
    authorizedTTL: 30s
    unauthorizedTTL: 10s
    timeout: 2s
    subjectAccessReviewVersion: v1
    matchConditionSubjectAccessReviewVersion: v1
    failurePolicy: Deny
    connectionInfo: { type: KubeConfigFile, kubeConfigFile: /etc/hook.conf }
    matchConditions:
    - expression: has(request.resourceAttributes)
    - expression: "!('system:masters' in request.groups)"
- { type: Node, name: node }
- { type: RBAC, name: rbac }
`),
  );
  assert.deepEqual(
    choices.map(({ type, name }) => `${type} ${name}`),
    ['Webhook hook', 'Node node', 'RBAC rbac'],
  );
  const { isAsked, ...webhook } = choices[0]?.webhook ?? assert.fail();
  assert.deepEqual(webhook, {
    kubeconfigFile: '/etc/hook.conf',
    version: 'v1',
    authorizedTtlMs: 30_000,
    unauthorizedTtlMs: 10_000,
    timeoutMs: 2000,
    onFailure: 'deny',
  });
  assert.equal(isAsked?.(reviewSpecOf(access())), true);
  assert.equal(isAsked?.(reviewSpecOf(access({ groups: ['system:masters'] }))), false);
  assert.equal(isAsked?.(reviewSpecOf(access({ isResourceRequest: false, path: '/api' }))), false);
});

test('refuses an invalid configuration', () => {
  const refused = (authorizers: string, message: RegExp): void =>
    assert.throws(() => decodeAuthorizationConfiguration(configuration(authorizers)), { message });
  refused(' []', /at least one authorization mode must be defined/);
  refused('- { type: Best, name: a }', /authorizers\[0\]\.type: Unsupported value: "Best"/);
  refused(
    '- { type: RBAC, name: a }\n- { type: RBAC, name: a }',
    /type: Duplicate value: "RBAC".*name: Duplicate value: "a"/,
  );
  refused('- { type: Webhook, name: a }', /required when type=Webhook/);
  refused('- { type: RBAC, name: a, other: 1 }', /unknown field "authorizers\[0\]\.other"/);
});
