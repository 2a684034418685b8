import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aggregatedDiscoveryDocument } from '../discovery/aggregated-discovery.ts';
import { discoveredFromAggregated } from './remote-discovery.ts';

const place = { group: 'wardle.example.com', version: 'v1' };
const flunders = {
  ...place,
  kind: 'Flunder',
  plural: 'flunders',
  singular: 'flunder',
  namespaced: true,
  verbs: ['get', 'list'],
  shortNames: ['fl'],
  categories: ['all'],
  subresources: [{ group: 'autoscaling', version: 'v1', kind: 'Scale', name: 'scale', verbs: ['get'] }],
};

test("reads a server's resources in the aggregated format", () => {
  const group = { name: place.group, versions: [{ ...place, resources: [flunders] }] };
  const document = JSON.parse(JSON.stringify(aggregatedDiscoveryDocument([group], 'apis')));
  assert.deepEqual(discoveredFromAggregated(document, place), [flunders]);
  assert.equal(discoveredFromAggregated(document, { ...place, version: 'v2' }), undefined);
  assert.equal(discoveredFromAggregated({ kind: 'APIGroupList', groups: [] }, place), undefined);
  assert.equal(discoveredFromAggregated(undefined, place), undefined);
});
