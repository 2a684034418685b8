import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultResources } from '@typernetes/api/schema';
import { openApiV2Document, openApiV3Document, openApiV3Index } from './openapi-documents.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Definition>> };
  readonly definitions: Readonly<Record<string, Definition>>;
}
interface Operation {
  readonly parameters: readonly { readonly name: string; readonly required?: boolean }[];
  readonly produces?: readonly string[];
  readonly 'x-kubernetes-action': string;
  readonly 'x-kubernetes-group-version-kind': object;
}
interface Definition {
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, object>>;
  readonly 'x-kubernetes-group-version-kind'?: readonly object[];
}

const resources = defaultResources();
const apps = openApiV3Document({ group: 'apps', version: 'v1' }, resources) as unknown as Document;
const swagger = openApiV2Document(resources) as unknown as Document;

function brokenReferences(document: unknown, known: Readonly<Record<string, unknown>>): string[] {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/[\w/]*\/([^"/]+)"/g)];
  return references.map(([, name = '']) => name).filter((name) => !(name in known));
}

test('all references in the documents resolve', () => {
  assert.deepEqual(brokenReferences(apps, apps.components.schemas), []);
  assert.deepEqual(brokenReferences(swagger, swagger.definitions), []);
});

test('a patch operation names its kind and takes fieldValidation', () => {
  const patch = apps.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']!.patch!;
  assert.deepEqual(patch['x-kubernetes-group-version-kind'], { group: 'apps', kind: 'Deployment', version: 'v1' });
  assert.equal(patch['x-kubernetes-action'], 'patch');
  assert.ok(patch.parameters.some(({ name }) => name === 'fieldValidation'));
});

test('bodies of deletions are optional, and logs are text', () => {
  const of = (path: string, method: string) => swagger.paths[path]?.[method];
  const maps = '/api/v1/namespaces/{namespace}/configmaps';
  const isRequired = (path: string, method: string) =>
    of(path, method)?.parameters.find(({ name }) => name === 'body')?.required;
  assert.deepEqual(
    [isRequired(maps, 'post'), isRequired(maps, 'delete'), isRequired(`${maps}/{name}`, 'delete')],
    [true, undefined, undefined],
  );
  const log = of('/api/v1/namespaces/{namespace}/pods/{name}/log', 'get');
  assert.equal(log?.produces?.[0], 'text/plain');
});

test('definitions have the extensions that clients validate and merge by', () => {
  const spec = apps.components.schemas['io.k8s.api.apps.v1.DeploymentSpec']!;
  assert.deepEqual(spec.required, ['selector', 'template']);
  assert.deepEqual(spec.properties.strategy, {
    allOf: [{ $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy' }],
    'x-kubernetes-patch-strategy': 'retainKeys',
  });
  assert.deepEqual(swagger.definitions['io.k8s.api.core.v1.PodSpec']!.properties.containers, {
    type: 'array',
    items: { $ref: '#/definitions/io.k8s.api.core.v1.Container' },
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    'x-kubernetes-patch-strategy': 'merge',
    'x-kubernetes-patch-merge-key': 'name',
  });
  assert.deepEqual(swagger.definitions['io.k8s.api.core.v1.Pod']!['x-kubernetes-group-version-kind'], [
    { group: '', kind: 'Pod', version: 'v1' },
  ]);
});

test('the index lists the documents', () => {
  const index = openApiV3Index(resources, new Map([['apis/example.com/v1', 'AB']])) as {
    paths: Record<string, { serverRelativeURL: string }>;
  };
  assert.match(index.paths['apis/apps/v1']!.serverRelativeURL, /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/);
  assert.equal(index.paths['apis/example.com/v1']!.serverRelativeURL, '/openapi/v3/apis/example.com/v1?hash=AB');
  assert.ok('api/v1' in index.paths);
});

test('every query and path parameter has a description', () => {
  const bare = (document: Document): string[] => {
    const found = new Set<string>();
    for (const item of Object.values(document.paths))
      for (const operation of [item, ...Object.values(item)] as readonly Operation[])
        for (const one of operation.parameters ?? [])
          if (!('description' in one) && (one as { in?: string }).in !== 'body') found.add(one.name);
    return [...found];
  };
  assert.deepEqual([bare(apps), bare(swagger)], [[], []]);
  const item = apps.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'] as unknown as Operation;
  const named = item.parameters.find(({ name }) => name === 'name') as { readonly description?: string } | undefined;
  assert.equal(named?.description, 'The name of the Deployment.');
});
