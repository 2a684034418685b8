import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterRole } from '@typernetes/api/rbac/v1';
import { aggregatedRules } from './plan.ts';

const role = (name: string, label: string, resource: string): ClusterRole => ({
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '', labels: { [label]: 'true' } },
  rules: [{ apiGroups: [''], resources: [resource], verbs: ['get'] }],
});

test('joins the rules of selected roles in the order of their names, without duplicates', () => {
  const view: ClusterRole = {
    ...role('view', 'x', 'none'),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'to-view': 'true' } }] },
  };
  const all = [
    view,
    role('c', 'to-view', 'pods'),
    role('a', 'to-view', 'nodes'),
    role('b', 'to-view', 'pods'),
    role('d', 'no', 'secrets'),
  ];
  assert.deepEqual(
    aggregatedRules(view, all)?.map(({ resources }) => resources?.[0]),
    ['nodes', 'pods'],
  );
  assert.equal(aggregatedRules(role('plain', 'x', 'pods'), all), undefined);
});
