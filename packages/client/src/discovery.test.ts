import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusError } from '@typernetes/machinery';
import { discoverResources } from './discovery.ts';

/** An API server that answers these paths and is unavailable at all others. */
const serving = (answers: Readonly<Record<string, unknown>>) => ({
  json: <R>(_method: string, path: string): Promise<R> =>
    path in answers
      ? Promise.resolve(answers[path] as R)
      : Promise.reject(new StatusError('ServiceUnavailable', 'service unavailable')),
});
const shown = async (answers: Readonly<Record<string, unknown>>) => {
  const { resources, failures } = await discoverResources(serving(answers));
  return {
    resources: resources.map(({ group, version, plural, namespaced }) => [group, version, plural, namespaced]),
    failures: [...failures],
  };
};

test('requests everything at once; of stale groups only the name is known', async () => {
  const entry = (resource: string, kind: string) => ({ resource, responseKind: { kind }, scope: 'Cluster', verbs: [] });
  const answers = {
    '/api': { items: [{ metadata: {}, versions: [{ version: 'v1', resources: [entry('nodes', 'Node')] }] }] },
    '/apis': {
      items: [
        {
          metadata: { name: 'example.com' },
          versions: [
            { version: 'v2', freshness: 'Current', resources: [entry('crowns', 'Crown')] },
            { version: 'v1', freshness: 'Current', resources: [entry('crowns', 'Crown'), entry('orbs', 'Orb')] },
          ],
        },
        { metadata: { name: 'metrics.k8s.io' }, versions: [{ version: 'v1beta1', freshness: 'Stale' }] },
      ],
    },
  };
  assert.deepEqual(await shown(answers), {
    resources: [
      ['', 'v1', 'nodes', false],
      ['example.com', 'v2', 'crowns', false],
      ['example.com', 'v1', 'orbs', false],
    ],
    failures: [['metrics.k8s.io/v1beta1', 'stale GroupVersion discovery: metrics.k8s.io/v1beta1']],
  });
});

test('asks a server without aggregated discovery version by version', async () => {
  const entry = (name: string) => ({ name, singularName: '', namespaced: true, kind: 'Any', verbs: [] });
  const answers = {
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/api/v1': { resources: [entry('pods'), entry('pods/log')] },
    '/apis': {
      groups: [
        {
          name: 'apps',
          versions: [{ groupVersion: 'apps/v1beta1' }, { groupVersion: 'apps/v1' }],
          preferredVersion: { groupVersion: 'apps/v1' },
        },
        { name: 'gone', versions: [{ groupVersion: 'gone/v1' }] },
      ],
    },
    '/apis/apps/v1': { resources: [entry('deployments')] },
    '/apis/apps/v1beta1': { resources: [entry('deployments')] },
  };
  assert.deepEqual(await shown(answers), {
    resources: [
      ['', 'v1', 'pods', true],
      ['apps', 'v1', 'deployments', true],
    ],
    failures: [['gone/v1', 'service unavailable']],
  });
});
