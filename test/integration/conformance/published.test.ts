import assert from 'node:assert/strict';
import { eventually } from '../api.ts';
import { withTlsHook } from '../tls-hook.ts';
import { conformance } from './checks.ts';
import { at, type Conversation, itemsOf, nameOf, patchTypes, type Wire } from './conversation.ts';
import { supportsOperations } from './operations.ts';
import { condition, status, until, workload } from './workload.ts';

/** Published schemas and conversion of definitions, type checking of policies, and anti-affinity of pods. */

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const described = (description: string) => ({
  type: 'object',
  description,
  properties: { spec: { type: 'object', properties: { bars: { type: 'string', description: 'List of Bars' } } } },
});

interface Named {
  readonly group: string;
  readonly kind: string;
  readonly versions?: Readonly<Record<string, object>>;
  readonly conversion?: object;
}

/** Creates a definition and waits until it is established; the first version is the stored one. */
async function define(talk: Conversation, named: Named): Promise<string> {
  const { group, kind, versions = { v1: described('Foo') }, conversion } = named;
  const singular = kind.toLowerCase();
  const name = `${singular}s.${group}`;
  await talk.create(crds, {
    metadata: { name },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: `${singular}s`, singular, kind, listKind: `${kind}List` },
      versions: Object.entries(versions).map(([version, openAPIV3Schema], i) => ({
        name: version,
        served: true,
        storage: i === 0,
        schema: { openAPIV3Schema },
      })),
      ...(conversion ? { conversion } : {}),
    },
  });
  await until(talk, `${crds}/${name}`, (one) => condition(one, 'Established')?.status === 'True');
  return `${crds}/${name}`;
}

const definitionName = (group: string, version: string, kind: string): string =>
  `${group.split('.').reverse().join('.')}.${version}.${kind}`;

/** Waits until `holds` is true of the published definitions, and returns them. */
const published = (talk: Conversation, holds: (all: Readonly<Record<string, Wire>>) => boolean) =>
  eventually(async () => {
    const all = at<Record<string, Wire>>(await talk.get('/openapi/v2'), 'definitions') ?? {};
    return holds(all) ? all : undefined;
  });

const groupOf = (talk: Conversation, prefix = 'crd'): string => `${prefix}-${talk.namespace}.example.com`;

async function sent(talk: Conversation, method: string, path: string, body?: object): Promise<number> {
  const answer = await talk.send(method, path, body);
  for await (const _ of answer.body);
  return answer.status;
}

/** Converts like the suite's webhook: `hostPort` in one version, `host` and `port` in the other. */
function converted(posted: unknown): unknown {
  const { apiVersion, kind, request } = posted as { apiVersion: string; kind: string; request: Wire };
  const desired = String(request.desiredAPIVersion);
  const objects = (request.objects as Wire[]).map((object) => {
    const { hostPort, host, port, ...rest } = object;
    if (object.apiVersion === desired) return object;
    if (desired.endsWith('/v2')) {
      const [left, right] = String(hostPort).split(':');
      return { ...rest, apiVersion: desired, host: left, port: right };
    }
    return { ...rest, apiVersion: desired, hostPort: `${host}:${port}` };
  });
  const response = { uid: request.uid, convertedObjects: objects, result: { status: 'Success' } };
  return { apiVersion, kind, response };
}

async function withConversion(
  talk: Conversation,
  run: (path: (version: string) => string, definition: string) => Promise<void>,
): Promise<void> {
  await withTlsHook(converted, async ({ url, caBundle }) => {
    const group = groupOf(talk, 'convert');
    const conversion = {
      strategy: 'Webhook',
      webhook: { clientConfig: { url, caBundle }, conversionReviewVersions: ['v1'] },
    };
    const definition = await define(talk, {
      group,
      kind: 'Ported',
      versions: { v1: anything, v2: anything },
      conversion,
    });
    const path = (version: string): string => `/apis/${group}/${version}/namespaces/${talk.namespace}/porteds`;
    for (const version of ['v1', 'v2'])
      await eventually(async () => (await sent(talk, 'GET', path(version))) === 200 || undefined);
    await run(path, definition);
  });
}

const admission = '/apis/admissionregistration.k8s.io/v1';
const scoped = (kind: string) => ({
  resourceRules: [{ operations: ['CREATE'], apiGroups: ['none'], apiVersions: ['v1'], resources: [kind] }],
});

const pod = (name: string, container: object = {}, spec: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'pause', ...container }], terminationGracePeriodSeconds: 0, ...spec },
});
const running = (one: Wire): boolean => at(one, 'status/phase') === 'Running';

conformance('published', {
  'CustomResourceDefinition resources Simple CustomResourceDefinition creating/deleting custom resource definition objects works':
    async (talk) => {
      const path = await define(talk, { group: groupOf(talk), kind: 'Simple' });
      await talk.delete(path);
      await eventually(async () => (await sent(talk, 'GET', path)) === 404 || undefined);
    },
  'CustomResourcePublishOpenAPI works for CRD without validation schema': async (talk) => {
    const group = groupOf(talk);
    await define(talk, { group, kind: 'Open', versions: { v1: anything } });
    const name = definitionName(group, 'v1', 'Open');
    const all = await published(talk, (found) => name in found);
    assert.deepEqual(at(all[name], 'x-kubernetes-group-version-kind'), [{ group, kind: 'Open', version: 'v1' }]);
    const path = `/apis/${group}/v1/namespaces/${talk.namespace}/opens`;
    const object = { apiVersion: `${group}/v1`, kind: 'Open', metadata: { name: 'o' }, any: { thing: ['goes'] } };
    assert.deepEqual((await talk.create(path, object)).any, { thing: ['goes'] });
  },
  'CustomResourcePublishOpenAPI works for CRD preserving unknown fields in an embedded object': async (talk) => {
    const group = groupOf(talk);
    const inside = { type: 'object', properties: { spec: anything, status: anything } };
    await define(talk, { group, kind: 'Inside', versions: { v1: inside } });
    const name = definitionName(group, 'v1', 'Inside');
    const all = await published(talk, (found) => name in found);
    for (const part of ['spec', 'status'])
      assert.equal(at(all[name], `properties/${part}/x-kubernetes-preserve-unknown-fields`), true);
  },
  'CustomResourcePublishOpenAPI works for multiple CRDs of different groups': async (talk) => {
    const groups = [groupOf(talk, 'one'), groupOf(talk, 'other')];
    for (const group of groups) await define(talk, { group, kind: 'Foo' });
    await published(talk, (all) => groups.every((group) => definitionName(group, 'v1', 'Foo') in all));
  },
  'CustomResourcePublishOpenAPI works for multiple CRDs of same group but different versions': async (talk) => {
    const group = groupOf(talk);
    await define(talk, { group, kind: 'First', versions: { v2: described('Foo') } });
    await define(talk, { group, kind: 'Second', versions: { v4: described('Foo') } });
    const names = [definitionName(group, 'v2', 'First'), definitionName(group, 'v4', 'Second')];
    await published(talk, (all) => names.every((name) => name in all));
  },
  'CustomResourcePublishOpenAPI works for multiple CRDs of same group and version but different kinds': async (
    talk,
  ) => {
    const group = groupOf(talk);
    const paths = [];
    for (const kind of ['Left', 'Right'])
      paths.push(await define(talk, { group, kind, versions: { v1: described(kind) } }));
    const names = ['Left', 'Right'].map((kind) => definitionName(group, 'v1', kind));
    const all = await published(talk, (found) => names.every((name) => name in found));
    assert.deepEqual(
      names.map((name) => [at(all[name], 'description'), at(all[name], 'properties/spec')]),
      ['Left', 'Right'].map((kind) => [kind, described(kind).properties.spec]),
    );
    // Deleted definitions are no longer published.
    for (const path of paths) await talk.delete(path);
    await published(talk, (found) => names.every((name) => !(name in found)));
  },
  'CustomResourcePublishOpenAPI updates the published spec when one version gets renamed': async (talk) => {
    const group = groupOf(talk);
    const path = await define(talk, { group, kind: 'Moved', versions: { v2: described('Foo'), v3: described('Bar') } });
    const name = (version: string) => definitionName(group, version, 'Moved');
    await published(talk, (all) => name('v2') in all && name('v3') in all);
    await talk.patch(path, [{ op: 'replace', path: '/spec/versions/1/name', value: 'v4' }], 'json');
    const all = await published(talk, (found) => name('v4') in found && !(name('v3') in found));
    assert.equal(at(all[name('v2')], 'description'), 'Foo');
    assert.equal(at(all[name('v4')], 'description'), 'Bar');
  },
  'CustomResourcePublishOpenAPI removes definition from spec when one version gets changed to not be served': async (
    talk,
  ) => {
    const group = groupOf(talk);
    const path = await define(talk, {
      group,
      kind: 'Hidden',
      versions: { v5: described('Foo'), v6: described('Bar') },
    });
    const name = (version: string) => definitionName(group, version, 'Hidden');
    await published(talk, (all) => name('v5') in all && name('v6') in all);
    await talk.patch(path, [{ op: 'replace', path: '/spec/versions/1/served', value: false }], 'json');
    const all = await published(talk, (found) => !(name('v6') in found));
    assert.equal(at(all[name('v5')], 'description'), 'Foo');
  },
  'CustomResourceConversionWebhook should be able to convert from CR v1 to CR v2': (talk) =>
    withConversion(talk, async (path) => {
      const group = path('v1').split('/')[2];
      const object = { apiVersion: `${group}/v1`, kind: 'Ported', metadata: { name: 'a' }, hostPort: 'localhost:8080' };
      await talk.create(path('v1'), object);
      const found = await talk.get(`${path('v2')}/a`);
      assert.deepEqual([found.apiVersion, found.host, found.port], [`${group}/v2`, 'localhost', '8080']);
      assert.equal((await talk.get(`${path('v1')}/a`)).hostPort, 'localhost:8080');
    }),
  'CustomResourceConversionWebhook should be able to convert a non homogeneous list of CRs': (talk) =>
    withConversion(talk, async (path, definition) => {
      const group = path('v1').split('/')[2];
      const one = { apiVersion: `${group}/v1`, kind: 'Ported', metadata: { name: 'a' }, hostPort: 'localhost:8080' };
      await talk.create(path('v1'), one);
      const found = await talk.get(definition);
      const versions = at<Wire[]>(found, 'spec/versions')?.map((each) => ({ ...each, storage: each.name === 'v2' }));
      await talk.patch(definition, { spec: { versions } });
      await until(talk, definition, (each) => at<string[]>(each, 'status/storedVersions')?.includes('v2') ?? false);
      await talk.create(path('v1'), { ...one, metadata: { name: 'b' } });
      const [old, now] = [itemsOf(await talk.get(path('v1'))), itemsOf(await talk.get(path('v2')))];
      assert.deepEqual(
        old.map(({ hostPort }) => hostPort),
        ['localhost:8080', 'localhost:8080'],
      );
      assert.deepEqual(
        now.map(({ host, port }) => `${host} ${port}`),
        ['localhost 8080', 'localhost 8080'],
      );
    }),
  'FieldValidation should create/apply an invalid CR with extra properties for CRD with validation schema': async (
    talk,
  ) => {
    const group = groupOf(talk);
    await define(talk, { group, kind: 'Strict' });
    const path = `/apis/${group}/v1/namespaces/${talk.namespace}/stricts/s?fieldManager=mgr&fieldValidation=Strict`;
    await eventually(async () => (await sent(talk, 'GET', path.split('/s?')[0] ?? '')) === 200 || undefined);
    const base = `apiVersion: ${group}/v1\nkind: Strict\nmetadata: {name: s, finalizers: [test-finalizer]}\n`;
    for (const [extra, field] of [
      ['spec: {bars: b, extra: field}\n', '.spec.extra'],
      ['unknownField: unknown\nspec: {bars: b}\n', '.unknownField'],
    ] as const) {
      const refusal = await talk.refused(500, 'PATCH', path, base + extra, { type: patchTypes.apply });
      assert.ok(String(refusal.message).includes(`${field}: field not declared in schema`), String(refusal.message));
    }
  },
  'FieldValidation should detect duplicates in a CR when preserving unknown fields': async (talk) => {
    const group = groupOf(talk);
    await define(talk, { group, kind: 'Loose', versions: { v1: anything } });
    const path = `/apis/${group}/v1/namespaces/${talk.namespace}/looses`;
    await eventually(async () => (await sent(talk, 'GET', path)) === 200 || undefined);
    const body = `{"apiVersion":"${group}/v1","kind":"Loose","metadata":{"name":"l"},"spec":{"unknown":"uk1","foo":"foo1","foo":"foo2"}}`;
    const refusal = await talk.refused(400, 'POST', `${path}?fieldValidation=Strict`, body);
    assert.match(String(refusal.message), /strict decoding error: duplicate field "spec\.foo"/);
  },
  'AggregatedDiscovery should support aggregated discovery interface': async (talk) => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const groups = itemsOf(await talk.ask('GET', '/apis', undefined, { accept }));
    const found = new Map(groups.map((group) => [nameOf(group), at<Wire[]>(group, 'versions') ?? []]));
    for (const [group, version, resource] of [
      ['apps', 'v1', 'deployments'],
      ['batch', 'v1', 'jobs'],
      ['discovery.k8s.io', 'v1', 'endpointslices'],
      ['networking.k8s.io', 'v1', 'ingresses'],
      ['rbac.authorization.k8s.io', 'v1', 'roles'],
    ] as const) {
      const resources = found.get(group)?.find((one) => one.version === version)?.resources as Wire[] | undefined;
      assert.ok(
        resources?.some((one) => one.resource === resource),
        `${group}/${version} ${resource}`,
      );
    }
  },
  'AggregatedDiscovery should support aggregated discovery interface for CRDs': async (talk) => {
    const group = groupOf(talk);
    await define(talk, { group, kind: 'Found' });
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    await eventually(async () => {
      const groups = itemsOf(await talk.ask('GET', '/apis', undefined, { accept }));
      const own = groups.find((one) => nameOf(one) === group);
      const resources = at<Wire[]>(own, 'versions')?.[0]?.resources as Wire[] | undefined;
      return resources?.some((one) => one.resource === 'founds') || undefined;
    });
  },
  'ValidatingAdmissionPolicy should support ValidatingAdmissionPolicyBinding API operations': (talk) =>
    supportsOperations(talk, {
      resource: 'admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
      object: () => ({ spec: { policyName: 'replicalimit-policy.example.com', validationActions: ['Deny'] } }),
    }),
  'MutatingAdmissionPolicy should support MutatingAdmissionPolicy API operations': (talk) =>
    supportsOperations(talk, {
      resource: 'admissionregistration.k8s.io/v1/mutatingadmissionpolicies',
      object: () => ({
        spec: {
          matchConstraints: scoped('nones'),
          failurePolicy: 'Ignore',
          reinvocationPolicy: 'Never',
          mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{}' } }],
        },
      }),
    }),
  'MutatingAdmissionPolicy should support MutatingAdmissionPolicyBinding API operations': (talk) =>
    supportsOperations(talk, {
      resource: 'admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings',
      object: () => ({ spec: { policyName: 'none.example.com' } }),
    }),
  'ValidatingAdmissionPolicy should type check validation expressions': async (talk) => {
    const path = `${admission}/validatingadmissionpolicies`;
    const name = `${talk.namespace}.typed.example.com`;
    await talk.create(path, {
      metadata: { name },
      spec: {
        matchConstraints: {
          resourceRules: [
            { operations: ['CREATE', 'UPDATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] },
          ],
        },
        validations: [
          { expression: 'object.spec.replicas > 1' },
          { expression: "object.spec.replicas > '1'" },
          { expression: 'object.spec.maxRetries > 10' },
        ],
      },
    });
    const checked = await until(talk, `${path}/${name}`, (one) => at(one, 'status/typeChecking') !== undefined);
    const warnings = at<Wire[]>(checked, 'status/typeChecking/expressionWarnings') ?? [];
    assert.deepEqual(
      warnings.map(({ fieldRef }) => fieldRef),
      ['spec.validations[1].expression', 'spec.validations[2].expression'],
    );
    assert.match(String(warnings[0]?.warning), /found no matching overload for '_>_' applied to '\(int, string\)'/);
    assert.match(String(warnings[1]?.warning), /undefined field 'maxRetries'/);
    await talk.delete(`${path}/${name}`);
  },
  'SchedulerPredicates validates resource limits of pods that are allowed to run': async (talk) => {
    const node = await talk.get('/api/v1/nodes/node-1');
    const [cpu] = [at<string>(node, 'status/allocatable/cpu') ?? '1'];
    const nodeSelector = { 'kubernetes.io/hostname': 'node-1' };
    const amount = (share: number) => ({
      resources: { requests: { cpu: `${Math.floor(Number(cpu) * 1000 * share)}m` } },
    });
    await talk.create(talk.here('pods'), pod('filler', amount(0.7), { nodeSelector }));
    await until(talk, talk.here('pods', 'filler'), running);
    await talk.create(talk.here('pods'), pod('additional', amount(0.5), { nodeSelector }));
    const refused = await until(
      talk,
      talk.here('pods', 'additional'),
      (one) => condition(one, 'PodScheduled')?.reason === 'Unschedulable',
    );
    assert.match(String(condition(refused, 'PodScheduled')?.message), /1 Insufficient cpu/);
    await talk.delete(talk.here('pods', 'filler'));
    await until(talk, talk.here('pods', 'additional'), running);
    await talk.delete(talk.here('pods', 'additional'));
  },
  'SchedulerPredicates validates that NodeSelector is respected if matching': async (talk) => {
    const label = `example.com/${talk.namespace}`;
    await talk.patch('/api/v1/nodes/node-2', { metadata: { labels: { [label]: '42' } } }, 'strategic');
    await talk.create(talk.here('pods'), pod('p', {}, { nodeSelector: { [label]: '42' } }));
    const found = await until(talk, talk.here('pods', 'p'), running);
    assert.equal(at(found, 'spec/nodeName'), 'node-2');
    await talk.patch('/api/v1/nodes/node-2', { metadata: { labels: { [label]: null } } }, 'strategic');
  },
  'SchedulerPredicates validates that there is no conflict between pods with same hostPort but different hostIP and protocol':
    async (talk) => {
      const port = (name: string, hostIP: string, protocol: string) =>
        pod(
          name,
          { ports: [{ containerPort: 8080, hostPort: 54321, hostIP, protocol }] },
          { nodeSelector: { 'kubernetes.io/hostname': 'node-2' } },
        );
      await talk.create(talk.here('pods'), port('one', '127.0.0.1', 'TCP'));
      await talk.create(talk.here('pods'), port('two', '127.0.0.2', 'TCP'));
      await talk.create(talk.here('pods'), port('three', '127.0.0.2', 'UDP'));
      for (const name of ['one', 'two', 'three']) await until(talk, talk.here('pods', name), running);
    },
  'StatefulSet Basic StatefulSet functionality Burst scaling should run to completion even with unhealthy pods': async (
    talk,
  ) => {
    const labels = { set: 'burst' };
    await talk.create(talk.here('apps/v1/statefulsets'), {
      ...workload('ss', labels, { serviceName: 'none', podManagementPolicy: 'Parallel', replicas: 1 }),
    });
    const path = talk.here('apps/v1/statefulsets', 'ss');
    await until(talk, path, (one) => at(one, 'status/readyReplicas') === 1);
    const place = `place-${talk.namespace}`;
    await talk.patch(path, { spec: { template: { spec: { nodeSelector: { [place]: 'none' } } } } });
    const healthy = (replicas: number) => (one: Wire) => status(one, 'readyReplicas') === replicas;
    await until(talk, path, healthy(0));
    await talk.patch(path, { spec: { replicas: 3 } });
    await until(talk, path, (one) => at(one, 'status/replicas') === 3);
    const names = itemsOf(await talk.get(`${talk.here('pods')}?labelSelector=set%3Dburst`)).map(nameOf);
    assert.deepEqual(names.sort(), ['ss-0', 'ss-1', 'ss-2']);
    assert.equal(status(await talk.get(path), 'readyReplicas'), 0);
    // With nodes for all of them, all run.
    const label = (value: string | null) =>
      talk.patch('/api/v1/nodes/node-1', { metadata: { labels: { [place]: value } } });
    await label('none');
    await until(talk, path, healthy(3));
    await label(null);
    await talk.patch(path, { spec: { template: { metadata: { annotations: { unhealthy: 'again' } } } } });
    await until(talk, path, (one) => status(one, 'readyReplicas') < 3);
    await talk.patch(path, { spec: { replicas: 0 } });
    await until(talk, path, (one) => !at(one, 'status/replicas'));
  },
});
