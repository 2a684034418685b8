import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type MutatingAdmissionPolicySpec,
  mutatingadmissionpolicies,
  mutatingadmissionpolicybindings,
  type ValidatingAdmissionPolicyBindingSpec,
  type ValidatingAdmissionPolicySpec,
  validatingadmissionpolicies,
  validatingadmissionpolicybindings,
} from '@typernetes/api/admissionregistration/v1';
import { type Deployment, deployments } from '@typernetes/api/apps/v1';
import { configmaps, namespaces } from '@typernetes/api/core/v1';
import type { ApiClient } from '@typernetes/client';
import type { Draft } from '@typernetes/machinery';
import { eventually, withApi } from './api.ts';

const namespace = 'default';
const rule = (group: string, resource: string) => ({
  resourceRules: [{ operations: ['CREATE', 'UPDATE'], apiGroups: [group], apiVersions: ['v1'], resources: [resource] }],
});

async function validate(
  client: ApiClient,
  name: string,
  spec: Partial<ValidatingAdmissionPolicySpec>,
  binding: Partial<ValidatingAdmissionPolicyBindingSpec> = {},
): Promise<void> {
  await client.resource(validatingadmissionpolicies).create({
    metadata: { name },
    spec: { matchConstraints: rule('', 'configmaps'), ...spec },
  });
  await client.resource(validatingadmissionpolicybindings).create({
    metadata: { name: `${name}-binding` },
    spec: { policyName: name, validationActions: ['Deny'], ...binding },
  });
}

const config = (name: string, data: Record<string, string> = {}) => ({ metadata: { name, namespace }, data });

test("validations reject with upstream's messages", async () => {
  await withApi(async (client) => {
    const create = (name: string, data: Record<string, string>) =>
      client.resource(configmaps).create(config(name, data));
    await create('before', { size: 'large' });
    await validate(client, 'sizes', {
      variables: [
        { name: 'size', expression: "has(object.data) && 'size' in object.data ? object.data.size : 'none'" },
      ],
      matchConditions: [{ name: 'not-free', expression: "!object.metadata.name.startsWith('free')" }],
      validations: [
        {
          expression: "variables.size in ['small', 'none']",
          messageExpression: "'size ' + variables.size + ' is too much'",
          reason: 'Forbidden',
        },
        { expression: "!('bad' in object.data)", message: 'no bad data' },
        { expression: 'object.metadata.name != "odd"' },
        { expression: 'object.data.must == "exist" || true', message: 'never' },
      ],
    });
    const prefix = "is forbidden: ValidatingAdmissionPolicy 'sizes' with binding 'sizes-binding' denied request:";
    await create('small', { size: 'small' });
    await create('free', { size: 'large' });
    await assert.rejects(create('large', { size: 'large' }), {
      message: `configmaps "large" ${prefix} size large is too much`,
      reason: 'Forbidden',
      code: 403,
    });
    await assert.rejects(create('bad', { bad: '1' }), {
      message: `configmaps "bad" ${prefix} no bad data`,
      reason: 'Invalid',
    });
    await assert.rejects(create('odd', { a: '1' }), {
      message: `configmaps "odd" ${prefix} failed expression: object.metadata.name != "odd"`,
    });
  });
});

test('policies with invalid selectors are rejected together with all their other problems', async () => {
  await withApi(async (client) => {
    const objectSelector = { matchExpressions: [{ key: 'a', operator: 'Odd' }] };
    const spec = {
      matchConstraints: { ...rule('', 'configmaps'), objectSelector },
      validations: [{ expression: '1' }],
    };
    await assert.rejects(
      client.resource(validatingadmissionpolicies).create({ metadata: { name: 'odd' }, spec }),
      /objectSelector\.matchExpressions\[0\]\.operator: Invalid value: "Odd": not a valid selector operator, .*validations\[0\]\.expression: Invalid value: "1": must evaluate to bool/,
    );
  });
});

test('expressions see parameters, namespaces and the user', async () => {
  await withApi(async (client) => {
    await client.resource(configmaps).create(config('limits', { max: '2' }));
    await validate(
      client,
      'few-keys',
      {
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        matchConditions: [{ name: 'others', expression: "object.metadata.name != 'limits'" }],
        validations: [
          {
            expression: 'size(object.data) <= int(params.data.max)',
            messageExpression: "'at most ' + params.data.max",
          },
          {
            expression:
              "!('env' in namespaceObject.metadata.labels) || namespaceObject.metadata.labels.env != 'frozen'",
            message: 'frozen',
          },
          {
            expression: "request.userInfo.username == 'system:apiserver' && request.operation in ['CREATE', 'UPDATE']",
          },
          {
            expression: "authorizer.group('').resource('secrets').namespace('x').check('get').allowed()",
            message: 'may not',
          },
        ],
      },
      { paramRef: { name: 'limits', namespace, parameterNotFoundAction: 'Deny' } },
    );
    await client.resource(configmaps).create(config('ok', { a: '1', b: '2' }));
    await assert.rejects(
      client.resource(configmaps).create(config('many', { a: '1', b: '2', c: '3' })),
      /denied request: at most 2/,
    );
    const labels = { env: 'frozen' };
    await client.resource(namespaces).patch({ name: namespace }, { metadata: { labels } }, { type: 'merge' });
    await assert.rejects(client.resource(configmaps).create(config('cold', { a: '1' })), /denied request: frozen/);
    await client.resource(configmaps).delete({ namespace, name: 'limits' });
    await assert.rejects(
      client.resource(configmaps).create(config('unlimited')),
      /no params found for policy binding with `Deny` parameterNotFoundAction/,
    );
  });
});

test('evaluation errors fail closed, or open where the policy says so', async () => {
  await withApi(async (client) => {
    const broken = { validations: [{ expression: "object.data.missing == 'x'" }] };
    await validate(client, 'open', { ...broken, failurePolicy: 'Ignore' });
    await client.resource(configmaps).create(config('passes', { a: '1' }));
    await validate(client, 'closed', broken, {
      matchResources: { objectSelector: { matchLabels: { strict: 'yes' } } },
    });
    await client.resource(configmaps).create(config('unlabelled', { a: '1' }));
    const strict = { metadata: { name: 'strict', namespace, labels: { strict: 'yes' } }, data: { a: '1' } };
    await assert.rejects(
      client.resource(configmaps).create(strict),
      /expression 'object.data.missing == 'x'' resulted in error: no such key: missing/,
    );
  });
});

const deployment = (): Draft<Deployment> =>
  ({
    metadata: { name: 'web', namespace },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'nginx', env: [{ name: 'OWN', value: '1' }] }] },
      },
    },
  }) as unknown as Draft<Deployment>;

test('mutations apply configurations and patches', async () => {
  await withApi(async (client) => {
    const mutate = async (name: string, mutations: MutatingAdmissionPolicySpec['mutations']) => {
      const spec = {
        matchConstraints: rule('apps', 'deployments'),
        mutations,
        reinvocationPolicy: 'Never',
      } as MutatingAdmissionPolicySpec;
      await client.resource(mutatingadmissionpolicies).create({ metadata: { name }, spec });
      await client.resource(mutatingadmissionpolicybindings).create({ metadata: { name }, spec: { policyName: name } });
    };
    const containers = `object.spec.template.spec.containers.map(c, Object.spec.template.spec.containers{
      name: c.name, env: [Object.spec.template.spec.containers.env{name: "ADDED", value: object.metadata.name}]
    })`;
    await mutate('environment', [
      {
        patchType: 'ApplyConfiguration',
        applyConfiguration: {
          expression: `Object{metadata: Object.metadata{labels: {"managed": "yes"}}, spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: ${containers}}}}}`,
        },
      },
    ]);
    await mutate('scale', [
      {
        patchType: 'JSONPatch',
        jsonPatch: {
          expression: `[
            JSONPatch{op: "test", path: "/metadata/labels/managed", value: "yes"},
            JSONPatch{op: "replace", path: "/spec/replicas", value: 3},
            JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("example.com/by"), value: "policy"},
          ]`,
        },
      },
    ]);
    const made = await client.resource(deployments).create(deployment());
    assert.deepEqual(made.metadata.labels, { managed: 'yes', 'example.com/by': 'policy' });
    assert.equal(made.spec?.replicas, 3);
    const [container] = made.spec?.template.spec?.containers ?? [];
    assert.equal(container?.image, 'nginx');
    assert.deepEqual(container?.env, [
      { name: 'OWN', value: '1' },
      { name: 'ADDED', value: 'web' },
    ]);
    assert.equal(container?.imagePullPolicy, 'Always');
    const expression = '[JSONPatch{op: "remove", path: object.spec.none}]';
    await mutate('wrong', [{ patchType: 'JSONPatch', jsonPatch: { expression } }]);
    await assert.rejects(
      client.resource(deployments).create({ ...deployment(), metadata: { name: 'second', namespace } }),
      /deployments.apps "second" is forbidden: policy 'wrong' with binding 'wrong' denied request: expression '.*' resulted in error: no such key: none/,
    );
  });
});

test('mutations of custom resources merge lists by their keys, as the definition says', async () => {
  await withApi(async (client) => {
    const ports = {
      type: 'array',
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, port: { type: 'integer' } },
      },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    };
    const tags = { type: 'array', items: { type: 'string' } };
    const openAPIV3Schema = {
      type: 'object',
      properties: { spec: { type: 'object', properties: { ports, tags } } },
    };
    await client.json('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: 'sites.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { kind: 'Site', plural: 'sites' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
      },
    });
    const bind = async (name: string, expression: string) => {
      const resourceRules = [
        { apiGroups: ['example.com'], apiVersions: ['*'], operations: ['CREATE'], resources: ['sites'] },
      ];
      const mutations = [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }];
      const spec = { matchConstraints: { resourceRules }, mutations, reinvocationPolicy: 'Never' };
      await client.resource(mutatingadmissionpolicies).create({
        metadata: { name },
        spec: spec as MutatingAdmissionPolicySpec,
      });
      await client.resource(mutatingadmissionpolicybindings).create({ metadata: { name }, spec: { policyName: name } });
    };
    const create = (name: string) =>
      client.json('POST', `/apis/example.com/v1/namespaces/${namespace}/sites`, {
        apiVersion: 'example.com/v1',
        kind: 'Site',
        metadata: { name },
        spec: { ports: [{ name: 'web', port: 80 }] },
      });
    await bind('port', 'Object{spec: Object.spec{ports: [Object.spec.ports{name: "admin", port: 81}]}}');
    const made = (await eventually(() => create('one').catch(() => undefined))) as { spec: { ports: object[] } };
    assert.deepEqual(
      [...made.spec.ports].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
      [
        { name: 'admin', port: 81 },
        { name: 'web', port: 80 },
      ],
    );
    await bind('tags', 'Object{spec: Object.spec{tags: ["a"]}}');
    await assert.rejects(create('two'), /may not mutate atomic arrays, maps or structs: \.spec\.tags/);
  });
});

test('the status has the results of type checking', async () => {
  await withApi(async (client) => {
    await client.resource(validatingadmissionpolicies).create({
      metadata: { name: 'typed' },
      spec: {
        matchConstraints: rule('apps', 'deployments'),
        variables: [{ name: 'containers', expression: 'object.spec.template.spec.containers' }],
        validations: [
          { expression: 'object.spec.replicas > 1' },
          { expression: 'object.spec.replicas == "many"' },
          { expression: 'variables.containers.all(c, c.imagee != "")' },
        ],
      },
    });
    const { status } = await eventually(async () => {
      const found = await client.resource(validatingadmissionpolicies).get({ name: 'typed' });
      return found.status?.observedGeneration === undefined ? undefined : found;
    });
    const warnings = status?.typeChecking?.expressionWarnings ?? [];
    assert.deepEqual(
      warnings.map(({ fieldRef }) => fieldRef),
      ['spec.validations[1].expression', 'spec.validations[2].expression'],
    );
    assert.match(
      warnings[0]?.warning ?? '',
      /^apps\/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_==_'/,
    );
    assert.match(warnings[1]?.warning ?? '', /undefined field 'imagee'/);
  });
});
