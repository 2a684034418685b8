import assert from 'node:assert/strict';
import { eventually } from '../api.ts';
import { conformance } from './checks.ts';
import { at, type Conversation, itemsOf, nameOf, patchTypes, type Wire } from './conversation.ts';
import { until } from './workload.ts';

/** Definitions of custom resources, their published schemas, and validation of their objects. */

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

interface Definition {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly path: string;
}

const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** Creates a definition with versions v1 (stored) and others, and waits until it is established. */
async function define(
  talk: Conversation,
  kind: string,
  { schema = anything as object, scope = 'Cluster', versions = ['v1'], selectable = [] as readonly string[] } = {},
): Promise<Definition> {
  const plural = `${kind.toLowerCase()}s`;
  const group = `${talk.namespace}.example.com`;
  const served = versions.map((name, index) => ({
    name,
    served: true,
    storage: index === 0,
    schema: { openAPIV3Schema: schema },
    ...(selectable.length ? { selectableFields: selectable.map((jsonPath) => ({ jsonPath })) } : {}),
  }));
  const spec = {
    group,
    scope,
    names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
    versions: served,
  };
  await talk.create(crds, {
    metadata: { name: `${plural}.${group}`, creationTimestamp: null },
    spec,
    status: { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: null },
  });
  await until(
    talk,
    `${crds}/${plural}.${group}`,
    (one) =>
      at<Wire[]>(one, 'status/conditions')?.some((c) => c.type === 'Established' && c.status === 'True') ?? false,
  );
  const path = `/apis/${group}/v1/${scope === 'Cluster' ? '' : `namespaces/${talk.namespace}/`}${plural}`;
  await eventually(async () => {
    const a = await talk.send('GET', path);
    for await (const _ of a.body);
    return a.status === 200 || undefined;
  });
  return { group, plural, kind, path };
}

const validated = (extra: object = {}) => ({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      ...extra,
      properties: {
        foo: { type: 'string' },
        cronSpec: { type: 'string', pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$' },
        template: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          properties: {
            metadata: { type: 'object', properties: { name: { type: 'string' } } },
            spec: { type: 'object' },
          },
        },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
          items: {
            type: 'object',
            required: ['containerPort', 'protocol'],
            properties: {
              containerPort: { type: 'integer', format: 'int32' },
              name: { type: 'string' },
              protocol: { type: 'string' },
            },
          },
        },
      },
    },
  },
});

const yaml = (crd: Definition, { meta = '', top = '', spec = '' }) => `
apiVersion: ${crd.group}/v1
kind: ${crd.kind}
metadata:
  name: mytest
${meta}  finalizers:
  - test-finalizer
${top}spec:
${spec}  cronSpec: "* * * * */5"
  ports:
  - name: x
    containerPort: 80
    protocol: TCP`;

async function applied(talk: Conversation, crd: Definition, body: string, status: number): Promise<string> {
  const answer = await talk.ask('PATCH', `${crd.path}/mytest?fieldManager=mgr&fieldValidation=Strict`, body, {
    type: patchTypes.apply,
    status,
  });
  return String(answer.message);
}

conformance('custom resources', {
  'FieldValidation should create/apply a valid CR for CRD with validation schema': async (talk) => {
    const crd = await define(talk, 'Noxu', { schema: validated() });
    await applied(talk, crd, yaml(crd, { spec: '  foo: foo1\n' }), 201);
    const message = await applied(talk, crd, yaml(crd, { top: 'unknownField: unknown\n', spec: '  foo: foo1\n' }), 500);
    assert.match(message, /\.unknownField: field not declared in schema/);
  },
  'FieldValidation should create/apply a CR with unknown fields for CRD with no validation schema': async (talk) => {
    const crd = await define(talk, 'Noxu');
    await applied(talk, crd, yaml(crd, { spec: '  unknown: uk1\n' }), 201);
  },
  'FieldValidation should detect unknown metadata fields in both the root and embedded object of a CR': async (
    talk,
  ) => {
    const crd = await define(talk, 'Noxu', { schema: validated({ 'x-kubernetes-preserve-unknown-fields': true }) });
    const spec = `  template:\n    apiversion: foo/v1\n    kind: Sub\n    metadata:\n        unknownSubMeta: unknown\n        name: subobject\n        namespace: ${talk.namespace}\n  foo: foo1\n`;
    const message = await applied(talk, crd, yaml(crd, { meta: '  unknownMeta: unknown\n', spec }), 500);
    assert.match(
      message,
      /\.spec\.template\.metadata\.unknownSubMeta: field not declared in schema|\.metadata\.unknownMeta: field not declared in schema/,
    );
    const repeated = await applied(talk, crd, yaml(crd, { spec: '  unknown: uk1\n  foo: foo1\n  foo: foo2\n' }), 400);
    assert.match(repeated, /line 11: key "foo" already set in map/);
  },
  'CustomResourceDefinition resources Simple CustomResourceDefinition getting/updating/patching custom resource definition status sub-resource works':
    async (talk) => {
      const { group, plural } = await define(talk, 'Thing');
      const path = `${crds}/${plural}.${group}/status`;
      const found = await talk.get(path);
      const conditions = [
        ...(at<Wire[]>(found, 'status/conditions') ?? []),
        { type: '', status: '', lastTransitionTime: null, message: 'updated' },
      ];
      const updated = await talk.replace(path, { ...found, status: { ...(found.status as Wire), conditions } });
      assert.ok(at<Wire[]>(updated, 'status/conditions')?.some(({ message }) => message === 'updated'));
      const patched = await talk.patch(
        path,
        [{ op: 'add', path: '/status/conditions', value: [{ message: 'patched' }] }],
        'json',
      );
      assert.ok(at<Wire[]>(patched, 'status/conditions')?.some(({ message }) => message === 'patched'));
    },
  'CustomResourceDefinition resources Simple CustomResourceDefinition listing custom resource definition objects works':
    async (talk) => {
      for (let i = 0; i < 3; i++) {
        const plural = `many${i}s`;
        const group = `${talk.namespace}.example.com`;
        await talk.create(crds, {
          metadata: { name: `${plural}.${group}`, labels: { many: talk.namespace } },
          spec: {
            group,
            scope: 'Cluster',
            names: { plural, kind: `Many${i}` },
            versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: anything } }],
          },
        });
      }
      const selected = `${crds}?labelSelector=many%3D${talk.namespace}`;
      assert.equal(itemsOf(await talk.get(selected)).length, 3);
      await talk.delete(selected);
      await eventually(async () => itemsOf(await talk.get(selected)).length === 0 || undefined);
    },
  'CustomResourceDefinition resources custom resource defaulting for requests and from storage works': async (talk) => {
    const crd = await define(talk, 'Thing', {
      schema: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } },
    });
    const object = (name: string) => ({ apiVersion: `${crd.group}/v1`, kind: 'Thing', metadata: { name } });
    await talk.create(crd.path, object('cr-1'));
    const property = '/spec/versions/0/schema/openAPIV3Schema/properties';
    const definition = `${crds}/${crd.plural}.${crd.group}`;
    await talk.patch(definition, [{ op: 'add', path: `${property}/a/default`, value: 'A' }], 'json');
    await until(talk, `${crd.path}/cr-1`, (one) => one.a === 'A');
    assert.equal((await talk.create(crd.path, object('cr-2'))).a, 'A');
    await talk.patch(
      definition,
      [
        { op: 'remove', path: `${property}/a/default` },
        { op: 'add', path: `${property}/b/default`, value: 'B' },
      ],
      'json',
    );
    const two = await until(talk, `${crd.path}/cr-2`, (one) => one.b === 'B');
    assert.equal(two.a, 'A');
  },
  'CustomResourceFieldSelectors CustomResourceFieldSelectors MUST list and watch custom resources matching the field selector':
    async (talk) => {
      const group = `${talk.namespace}.example.com`;
      const schema = {
        openAPIV3Schema: { type: 'object', properties: { host: { type: 'string' }, port: { type: 'string' } } },
      };
      const crd = await define(talk, 'Host', {
        scope: 'Namespaced',
        schema: schema.openAPIV3Schema,
        selectable: ['.host', '.port'],
      });
      const make = (name: string, fields: object) =>
        talk.create(crd.path, { apiVersion: `${group}/v1`, kind: 'Host', metadata: { name }, ...fields });
      const since = at(await talk.get(crd.path), 'metadata/resourceVersion');
      await make('a', { host: 'host1', port: '80' });
      await make('b', { host: 'host1', port: '8080' });
      await make('c', { host: 'host2' });
      const names = async (selector: string) =>
        itemsOf(await talk.get(`${crd.path}?fieldSelector=${encodeURIComponent(selector)}`))
          .map(nameOf)
          .join();
      assert.equal(await names('host=host1'), 'a,b');
      assert.equal(await names('host=host1,port=80'), 'a');
      await talk.delete(`${crd.path}?fieldSelector=host%3Dhost1%2Cport%3D80`, { gracePeriodSeconds: 0 });
      await talk.patch(`${crd.path}/b`, { host: 'host2' });
      assert.equal(await names('host=host1'), '');
      const seen: string[] = [];
      for await (const { type, object } of talk.watch(
        `${crd.path}?watch=true&resourceVersion=${since}&fieldSelector=host%3Dhost1`,
      )) {
        seen.push(`${type} ${nameOf(object)}`);
        if (seen.length === 4) break;
      }
      assert.deepEqual(seen, ['ADDED a', 'ADDED b', 'DELETED a', 'DELETED b']);
      await talk.refused(400, 'GET', `${crd.path}?fieldSelector=other%3D1`);
    },
  'CustomResourcePublishOpenAPI works for CRD with validation schema': async (talk) => {
    const schema = {
      description: 'Foo CRD for Testing',
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          description: 'Specification of Foo',
          properties: {
            bars: {
              description: 'List of Bars and their specs.',
              type: 'array',
              items: {
                type: 'object',
                required: ['name'],
                properties: { name: { type: 'string', description: 'Name of Bar.' }, age: { type: 'string' } },
              },
            },
          },
        },
      },
    };
    const { group } = await define(talk, 'Foo', { schema, scope: 'Namespaced', versions: ['v1', 'v2'] });
    const name = (version: string) => `${group.split('.').reverse().join('.')}.${version}.Foo`;
    const published = async () => at<Record<string, Wire>>(await talk.get('/openapi/v2'), 'definitions') ?? {};
    const found = await eventually(async () => (await published())[name('v1')]);
    const { apiVersion: _, kind: __, metadata: ___, ...properties } = found.properties as Record<string, Wire>;
    assert.deepEqual(properties, schema.properties);
    assert.deepEqual([found.description, found.type], [schema.description, 'object']);
    assert.deepEqual(found['x-kubernetes-group-version-kind'], [{ group, kind: 'Foo', version: 'v1' }]);
    await eventually(async () => (await published())[name('v2')]);
    await talk.patch(
      `${crds}/foos.${group}`,
      [
        { op: 'test', path: '/spec/versions/1/name', value: 'v2' },
        { op: 'replace', path: '/spec/versions/1/name', value: 'v4' },
      ],
      'json',
    );
    await eventually(async () => {
      const all = await published();
      return all[name('v4')] && !all[name('v2')] ? true : undefined;
    });
    await talk.patch(
      `${crds}/foos.${group}`,
      [{ op: 'replace', path: '/spec/versions/1/served', value: false }],
      'json',
    );
    await eventually(async () => ((await published())[name('v4')] ? undefined : true));
  },
  'CustomResourcePublishOpenAPI works for CRD preserving unknown fields at the schema root': async (talk) => {
    const { group } = await define(talk, 'Root', { scope: 'Namespaced' });
    const { group: nested } = await define(talk, 'Nested', {
      scope: 'Namespaced',
      schema: {
        type: 'object',
        properties: { spec: { ...anything, 'x-kubernetes-embedded-resource': true }, status: anything },
      },
    });
    const name = (kind: string) => `${group.split('.').reverse().join('.')}.v1.${kind}`;
    assert.equal(nested, group);
    const all = await eventually(async () => {
      const found = at<Record<string, Wire>>(await talk.get('/openapi/v2'), 'definitions') ?? {};
      return found[name('Root')] && found[name('Nested')] ? found : undefined;
    });
    assert.equal(at(all[name('Root')], 'properties'), undefined);
    // OpenAPI v2 cannot express it: a field of unknown form has no type.
    assert.equal(at(all[name('Nested')], 'properties/status/x-kubernetes-preserve-unknown-fields'), true);
  },
  'CustomResourceDefinition Watch CustomResourceDefinition Watch watch on custom resource definition objects': async (
    talk,
  ) => {
    const crd = await define(talk, 'Watched');
    const since = at(await talk.get(crd.path), 'metadata/resourceVersion');
    const object = (name: string) => ({
      apiVersion: `${crd.group}/v1`,
      kind: 'Watched',
      metadata: { name },
      content: { key: 'value' },
    });
    await talk.create(crd.path, object('a'));
    await talk.create(crd.path, object('b'));
    await talk.patch(`${crd.path}/a`, [{ op: 'add', path: '/content/patched', value: 'yes' }], 'json');
    await talk.delete(`${crd.path}/a`);
    const seen: string[] = [];
    for await (const { type, object: one } of talk.watch(
      `${crd.path}?watch=true&resourceVersion=${since}&fieldSelector=metadata.name%3Da`,
    )) {
      seen.push(type);
      if (type === 'DELETED') break;
      assert.equal(nameOf(one), 'a');
    }
    assert.deepEqual(seen, ['ADDED', 'MODIFIED', 'DELETED']);
  },
  'AggregatedDiscovery should support raw aggregated discovery endpoint Accept headers': async (talk) => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const { group } = await define(talk, 'Aggregated');
    const document = await eventually(async () => {
      const found = await talk.ask('GET', '/apis', undefined, { accept });
      return itemsOf(found).some((one) => nameOf(one) === group) ? found : undefined;
    });
    for (const [name, version, resource] of [
      ['apiregistration.k8s.io', 'v1', 'apiservices'],
      ['autoscaling', 'v2', 'horizontalpodautoscalers'],
      ['authentication.k8s.io', 'v1', 'tokenreviews'],
      ['events.k8s.io', 'v1', 'events'],
      [group, 'v1', 'aggregateds'],
    ]) {
      const versions = at<Wire[]>(
        itemsOf(document).find((one) => nameOf(one) === name),
        'versions',
      );
      assert.ok(
        at<Wire[]>(
          versions?.find((one) => one.version === version),
          'resources',
        )?.some((one) => one.resource === resource),
        `${name} ${resource}`,
      );
    }
    const legacy = await talk.ask('GET', '/api', undefined, { accept });
    assert.ok(at<Wire[]>(itemsOf(legacy)[0], 'versions/0/resources')?.some((one) => one.resource === 'namespaces'));
  },
});
