import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultResources } from '@typernetes/api/schema';
import { acceptsAggregatedDiscovery, aggregatedDiscoveryDocument, discoveryEtag } from './aggregated-discovery.ts';
import { compareVersions, discoveredFromFact, groupsOf } from './discovered-resource.ts';
import {
  apiGroupDocument,
  apiGroupListDocument,
  apiResourceListDocument,
  apiVersionsDocument,
} from './legacy-discovery.ts';

const groups = groupsOf(defaultResources().map(discoveredFromFact));
const group = (name: string) => groups.find((candidate) => candidate.name === name)!;

test('groups are sorted, with the preferred version first', () => {
  assert.deepEqual(
    groups.slice(0, 3).map(({ name }) => name),
    ['apiregistration.k8s.io', '', 'apps'],
  );
  assert.deepEqual(apiGroupDocument(group('autoscaling')), {
    kind: 'APIGroup',
    apiVersion: 'v1',
    name: 'autoscaling',
    versions: [
      { groupVersion: 'autoscaling/v2', version: 'v2' },
      { groupVersion: 'autoscaling/v1', version: 'v1' },
    ],
    preferredVersion: { groupVersion: 'autoscaling/v2', version: 'v2' },
  });
  assert.deepEqual(apiVersionsDocument(groups, '192.0.2.1:6443'), {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '192.0.2.1:6443' }],
  });
  assert.equal((apiGroupListDocument(groups) as { groups: unknown[] }).groups.length, groups.length - 1);
});

test('what only an APIService names is shown by legacy discovery, unless this server serves it', () => {
  const named = { groupPriority: 100, versionPriority: 15, resources: [], unserved: true } as const;
  const shown = groupsOf(defaultResources().map(discoveredFromFact), [
    { ...named, group: 'apps', version: 'v1' },
    { ...named, group: 'batch', version: 'v3' },
    { ...named, group: 'example.com', version: 'v1' },
  ]);
  const find = (name: string) => shown.find((candidate) => candidate.name === name)!;
  assert.deepEqual(find('apps'), group('apps'));
  assert.deepEqual(apiGroupDocument(find('example.com')), {
    kind: 'APIGroup',
    apiVersion: 'v1',
    name: 'example.com',
    versions: [{ groupVersion: 'example.com/v1', version: 'v1' }],
    preferredVersion: { groupVersion: 'example.com/v1', version: 'v1' },
  });
  assert.equal(find('batch').versions.length, 2);
  assert.deepEqual(aggregatedDiscoveryDocument(shown, 'apis'), aggregatedDiscoveryDocument(groups, 'apis'));
});

test('resources are listed with their subresources', () => {
  const list = apiResourceListDocument(group('apps').versions[0]!) as { resources: { name: string }[] };
  assert.deepEqual(
    list.resources.filter(({ name }) => name.startsWith('deployments')),
    [
      {
        name: 'deployments',
        singularName: 'deployment',
        namespaced: true,
        kind: 'Deployment',
        verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
        shortNames: ['deploy'],
        categories: ['all'],
        storageVersionHash: '8aSe+NMegvE=',
      },
      {
        name: 'deployments/scale',
        singularName: '',
        namespaced: true,
        group: 'autoscaling',
        version: 'v1',
        kind: 'Scale',
        verbs: ['get', 'patch', 'update'],
      },
      {
        name: 'deployments/status',
        singularName: '',
        namespaced: true,
        kind: 'Deployment',
        verbs: ['get', 'patch', 'update'],
      },
    ],
  );
});

test('aggregated discovery holds all of a root', () => {
  const document = aggregatedDiscoveryDocument(groups, 'apis') as {
    items: {
      metadata: { name: string };
      versions: { resources: { resource: string; subresources?: unknown[] }[] }[];
    }[];
  };
  const apps = document.items.find(({ metadata }) => metadata.name === 'apps')!;
  const deployments = apps.versions[0]!.resources.find(({ resource }) => resource === 'deployments')!;
  assert.equal(deployments.subresources?.length, 2);
  const core = aggregatedDiscoveryDocument(groups, 'api') as { items: unknown[] };
  assert.equal(core.items.length, 1);
  assert.match(discoveryEtag('{}'), /^"[0-9A-F]{128}"$/);
});

const accepts: [header: string, aggregated: boolean][] = [
  [
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json',
    true,
  ],
  ['application/json', false],
  ['*/*', false],
  ['', false],
  ['application/json, application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList', false],
];

for (const [header, aggregated] of accepts) {
  test(`Accept "${header}" gets ${aggregated ? 'the aggregated' : 'the plain'} form`, () => {
    assert.equal(acceptsAggregatedDiscovery(header), aggregated);
  });
}

test('versions are ranked', () => {
  const versions = ['v1beta1', 'foo', 'v1', 'v2alpha1', 'v10', 'v1beta2'];
  assert.deepEqual(versions.sort(compareVersions), ['v10', 'v1', 'v1beta2', 'v1beta1', 'v2alpha1', 'foo']);
});
