import assert from 'node:assert/strict';
import { test } from 'node:test';
import { titleOf } from './generic.ts';
import { singleRules } from './role.ts';

test('splits rules by resource, merges their verbs, and sorts them by verbs', () => {
  const rules = singleRules([
    { apiGroups: ['', 'apps'], resources: ['pods'], verbs: ['list', 'get'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['watch'] },
    { apiGroups: [''], resources: ['secrets'], resourceNames: ['b', 'a'], verbs: ['get'] },
    { nonResourceURLs: ['/healthz'], verbs: ['get', 'head'] },
  ]);
  assert.deepEqual(
    rules.map(({ group, resource, names, urls, verbs }) => [group, resource, names.join(), urls.join(), verbs.join()]),
    [
      ['', undefined, '', '/healthz', 'get'],
      ['', 'secrets', 'a', '', 'get'],
      ['', 'secrets', 'b', '', 'get'],
      ['', undefined, '', '/healthz', 'head'],
      ['', 'pods', '', '', 'list,get,watch'],
      ['apps', 'pods', '', '', 'list,get'],
    ],
  );
});

test('splits names of fields into words', () => {
  for (const [name, title] of [
    ['serviceAccountName', 'Service Account Name'],
    ['clusterIPs', 'Cluster I Ps'],
    ['urlOfAPI', 'URL Of API'],
    ['apiVersion', 'API Version'],
    ['a1', 'a1'],
    ['observed-generation', 'Observed - Generation'],
  ] as const)
    assert.equal(titleOf(name), title);
});
