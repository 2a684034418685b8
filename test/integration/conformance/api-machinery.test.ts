import assert from 'node:assert/strict';
import { eventually } from '../api.ts';
import { conformance } from './checks.ts';
import { at, type Conversation, itemsOf, nameOf, type Wire } from './conversation.ts';
import { supportsOperations, takesConditions } from './operations.ts';
import { until, workload } from './workload.ts';

/** Admission policies and hooks, flow control, watches, lists in chunks, discovery. */

const pod = (name: string, resources: object = {}, spec: object = {}) => ({
  metadata: { name, creationTimestamp: null },
  spec: { containers: [{ name: 'pause', image: 'pause', resources }], ...spec },
  status: {},
});

const map = (name: string, labels: object = {}, data: object = {}) => ({ metadata: { name, labels }, data });

async function marker(talk: Conversation, expression: object): Promise<void> {
  const name = `${talk.namespace}.policy.example.com`;
  await talk.patch(
    `/api/v1/namespaces/${talk.namespace}`,
    { metadata: { labels: { unique: talk.namespace } } },
    'strategic',
  );
  const selector = { namespaceSelector: { matchLabels: { unique: talk.namespace } } };
  const resourceRules = [
    { operations: ['CREATE', 'UPDATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] },
  ];
  await talk.create('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies', {
    metadata: { name },
    spec: { matchConstraints: { ...selector, resourceRules }, ...expression },
  });
  await talk.create('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings', {
    metadata: { name: `${talk.namespace}.binding` },
    spec: { policyName: name, matchResources: selector, validationActions: ['Deny'] },
  });
  await eventually(async () => {
    const answer = await talk.send('POST', talk.here('apps/v1/deployments'), workload('marker', { app: 'nginx' }));
    for await (const _ of answer.body);
    if (answer.status === 422) return true;
    assert.equal(answer.status, 201);
    await talk.delete(talk.here('apps/v1/deployments', 'marker'));
    return undefined;
  });
  await talk.create(talk.here('apps/v1/deployments'), workload('replicated', { app: 'nginx' }, { replicas: 2 }));
  await talk.create(talk.here('apps/v1/replicasets'), workload('single', { app: 'nginx' }));
}

conformance('api machinery', {
  'FieldValidation should detect unknown and duplicate fields of a typed object': async (talk) => {
    const body =
      '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"my-dep","unknownMeta":"foo"},"spec":{"unknownField":"foo","replicas":2,"replicas":3,"selector":{"matchLabels":{"app":"nginx"}},"template":{"metadata":{"labels":{"app":"nginx"}},"spec":{"containers":[{"name":"nginx","image":"nginx"}]}}}}';
    const path = `${talk.here('apps/v1/deployments')}?fieldManager=mgr&fieldValidation=Strict`;
    const both = await talk.refused(400, 'POST', path, body.replace(',"unknownMeta":"foo"', ''));
    assert.match(
      String(both.message),
      /strict decoding error: unknown field "spec.unknownField", duplicate field "spec.replicas"/,
    );
    const meta = await talk.refused(400, 'POST', path, body.replace('"unknownField":"foo","replicas":2,', ''));
    assert.match(String(meta.message), /strict decoding error: unknown field "metadata.unknownMeta"/);
  },
  'ValidatingAdmissionPolicy should validate against a Deployment': (talk) =>
    marker(talk, {
      validations: [
        {
          expression: 'object.spec.replicas > 1',
          messageExpression: "'wants replicas > 1, got ' + object.spec.replicas",
        },
      ],
    }),
  'ValidatingAdmissionPolicy should allow expressions to refer variables.': (talk) =>
    marker(talk, {
      variables: [
        { name: 'replicas', expression: 'object.spec.replicas' },
        { name: 'oddReplicas', expression: 'variables.replicas % 2 == 1' },
      ],
      validations: [{ expression: 'variables.replicas > 1' }, { expression: 'variables.oddReplicas == false' }],
    }),
  'ValidatingAdmissionPolicy should support ValidatingAdmissionPolicy API operations': (talk) =>
    supportsOperations(talk, {
      resource: 'admissionregistration.k8s.io/v1/validatingadmissionpolicies',
      below: ['status'],
      object: () => ({
        spec: {
          failurePolicy: 'Ignore',
          matchConstraints: {
            resourceRules: [{ operations: ['CREATE'], apiGroups: ['none'], apiVersions: ['v1'], resources: ['nones'] }],
          },
          validations: [{ expression: 'true' }],
        },
      }),
      more: async (one) => {
        await until(talk, one, (policy) => at(policy, 'status/observedGeneration') === 1);
        await takesConditions(talk, one);
      },
    }),
  'API priority and fairness should support FlowSchema API operations': (talk) =>
    supportsOperations(talk, {
      resource: 'flowcontrol.apiserver.k8s.io/v1/flowschemas',
      below: ['status'],
      object: () => ({
        spec: {
          matchingPrecedence: 10000,
          priorityLevelConfiguration: { name: 'global-default' },
          distinguisherMethod: { type: 'ByUser' },
          rules: [
            {
              subjects: [{ kind: 'User', user: { name: 'example-e2e' } }],
              nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
            },
          ],
        },
      }),
      more: async (one) => {
        const patched = await talk.patch(one, { spec: { matchingPrecedence: 9999 } });
        assert.equal(at(patched, 'spec/matchingPrecedence'), 9999);
        await takesConditions(talk, one);
      },
    }),
  'API priority and fairness should support PriorityLevelConfiguration API operations': (talk) =>
    supportsOperations(talk, {
      resource: 'flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations',
      below: ['status'],
      object: () => ({
        spec: { type: 'Limited', limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } } },
      }),
      more: async (one) => {
        const patched = await talk.patch(one, { spec: { limited: { nominalConcurrencyShares: 4 } } });
        assert.equal(at(patched, 'spec/limited/nominalConcurrencyShares'), 4);
        await takesConditions(talk, one);
      },
    }),
  'AdmissionWebhook should reject mutating webhook configurations with invalid match conditions': async (talk) => {
    for (const kind of ['mutating', 'validating']) {
      const path = `/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations`;
      const webhook = (expression: string) => ({
        name: 'deny.example.com',
        clientConfig: { url: 'https://127.0.0.1:1/x' },
        rules: [],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        matchConditions: [{ name: 'only', expression }],
      });
      const name = `${talk.namespace}-${kind}`;
      const refused = await talk.refused(422, 'POST', path, {
        metadata: { name },
        webhooks: [webhook('... [] bad expression')],
      });
      assert.match(String(refused.message), /compilation failed/);
      await talk.create(path, {
        metadata: { name, labels: { hooks: talk.namespace } },
        webhooks: [webhook("request.kind.kind != 'x'")],
      });
      const found = await talk.get(`${path}/${name}`);
      const updated = await talk.replace(`${path}/${name}`, {
        ...found,
        webhooks: [{ ...at<Wire>(found, 'webhooks/0'), matchConditions: [{ name: 'two', expression: 'true' }] }],
      });
      assert.equal(at(updated, 'webhooks/0/matchConditions/0/name'), 'two');
      await talk.delete(`${path}?labelSelector=hooks%3D${talk.namespace}`);
      assert.equal(itemsOf(await talk.get(`${path}?labelSelector=hooks%3D${talk.namespace}`)).length, 0);
    }
  },
  'Servers with support for Table transformation should return a 406 for a backend which does not implement metadata':
    async (talk) => {
      const sar = { spec: { nonResourceAttributes: { path: '/', verb: 'get' } } };
      const refused = await talk.refused(406, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', sar, {
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
      });
      assert.equal(refused.reason, 'NotAcceptable');
    },
  'Servers with support for API chunking should return chunks of results for list calls': async (talk) => {
    const path = talk.here('podtemplates');
    for (let i = 0; i < 40; i++)
      await talk.create(path, {
        metadata: { name: `template-${String(i).padStart(4, '0')}` },
        template: { spec: { containers: [{ name: 'test', image: 'test2' }] } },
      });
    let found = 0;
    let next = '';
    let version: unknown;
    do {
      const list = await talk.get(`${path}?limit=7${next && `&continue=${encodeURIComponent(next)}`}`);
      version ??= at(list, 'metadata/resourceVersion');
      assert.equal(at(list, 'metadata/resourceVersion'), version);
      for (const item of itemsOf(list)) assert.equal(nameOf(item), `template-${String(found++).padStart(4, '0')}`);
      next = at(list, 'metadata/continue') ?? '';
      assert.equal(at(list, 'metadata/remainingItemCount'), next ? 40 - found : undefined);
      await talk.patch(`${path}/template-0000`, { metadata: { annotations: { seen: String(found) } } });
    } while (next);
    assert.equal(found, 40);
    assert.equal(itemsOf(await talk.get(`${path}?limit=41`)).length, 40);
  },
  'Watchers should observe an object deletion if it stops meeting the requirements of the selector': async (talk) => {
    const path = talk.here('configmaps');
    const made = await talk.create(path, map('m', { w: 'yes' }));
    await talk.patch(`${path}/m`, { data: { mutation: '1' } });
    await talk.patch(`${path}/m`, { metadata: { labels: { w: 'no' } } });
    await talk.patch(`${path}/m`, { data: { mutation: '2' } });
    await talk.patch(`${path}/m`, { metadata: { labels: { w: 'yes' } } });
    await talk.patch(`${path}/m`, { data: { mutation: '3' } });
    await talk.delete(`${path}/m`);
    const seen: string[] = [];
    for await (const { type, object } of talk.watch(
      `${path}?watch=true&labelSelector=w%3Dyes&resourceVersion=${at(made, 'metadata/resourceVersion')}`,
    )) {
      seen.push(`${type} ${at(object, 'data/mutation')}`);
      if (seen.length === 5) break;
    }
    assert.deepEqual(seen, ['MODIFIED 1', 'DELETED 1', 'ADDED 2', 'MODIFIED 3', 'DELETED 3']);
  },
  'Watchers should receive events on concurrent watches in same order': async (talk) => {
    const path = talk.here('configmaps');
    const since = at(await talk.get(path), 'metadata/resourceVersion');
    const writing = (async () => {
      for (let i = 0; i < 10; i++) {
        await talk.create(path, map(`m${i}`));
        await talk.patch(`${path}/m${i}`, { data: { a: 'b' } });
      }
    })();
    const observe = async () => {
      const seen: unknown[] = [];
      for await (const { object } of talk.watch(`${path}?watch=true&resourceVersion=${since}`)) {
        seen.push(at(object, 'metadata/resourceVersion'));
        if (seen.length === 20) break;
      }
      return seen;
    };
    const [a, b] = await Promise.all([observe(), observe(), writing]);
    assert.deepEqual(a, b);
  },
  'server version should find the server version': async (talk) => {
    const { major, minor } = await talk.get('/version');
    assert.match(`${major}.${minor}`, /^\d+\.\d+$/);
  },
  'Discovery should validate PreferredVersion for each APIGroup': async (talk) => {
    for (const group of at<Wire[]>(await talk.get('/apis'), 'groups') ?? []) {
      const versions = at<Wire[]>(group, 'versions')?.map((one) => one.groupVersion) ?? [];
      assert.ok(versions.includes(at(group, 'preferredVersion/groupVersion')));
      const resources = await talk.get(`/apis/${at(group, 'preferredVersion/groupVersion')}`);
      assert.equal(resources.groupVersion, at(group, 'preferredVersion/groupVersion'));
      assert.ok((at<Wire[]>(resources, 'resources') ?? []).length > 0, String(group.name));
    }
  },
  'Garbage collector should not be blocked by dependency circle': async (talk) => {
    const uids: unknown[] = [];
    for (const name of ['pod1', 'pod2', 'pod3'])
      uids.push(at(await talk.create(talk.here('pods'), pod(name)), 'metadata/uid'));
    for (const [index, owner] of [
      [1, 3],
      [2, 1],
      [3, 2],
    ] as const) {
      const ownerReferences = [
        {
          apiVersion: 'v1',
          kind: 'Pod',
          name: `pod${owner}`,
          uid: uids[owner - 1],
          controller: true,
          blockOwnerDeletion: true,
        },
      ];
      await talk.patch(talk.here('pods', `pod${index}`), { metadata: { ownerReferences } }, 'strategic');
    }
    await talk.delete(talk.here('pods', 'pod1'), { propagationPolicy: 'Foreground' });
    await eventually(async () => itemsOf(await talk.get(talk.here('pods'))).length === 0 || undefined);
  },
});
