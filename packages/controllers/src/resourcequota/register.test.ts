import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { deployments } from '@typernetes/api/apps/v1';
import { pods, resourcequotas } from '@typernetes/api/core/v1';
import type { ApiClient } from '@typernetes/client';
import type { FakeApi } from '@typernetes/client/testing';
import { runController, serveDiscovery } from '../testing/index.ts';
import { resourcesOf } from './plan.ts';
import { resourceQuotaController } from './register.ts';

test('a quota is about the resources that it names', () => {
  const quota = (hard: Record<string, string>) => ({
    metadata: { name: 'q', uid: '', resourceVersion: '', creationTimestamp: '' },
    spec: { hard },
  });
  assert.deepEqual(resourcesOf(quota({ 'requests.cpu': '1', 'count/jobs.batch': '3' })), ['pods', 'jobs.batch']);
  assert.deepEqual(resourcesOf(quota({ 'services.nodeports': '1', secrets: '2' })), ['services', 'secrets']);
});

test('counts existing objects, and the remaining ones after a deletion', () =>
  runController(
    resourceQuotaController,
    async ({ api, clock, settle }) => {
      const ref = { namespace: 'shop', name: 'limit' };
      const used = async () => (await api.resource(resourcequotas).get(ref)).status?.used;
      const hard = { pods: '5', 'requests.cpu': '2', 'count/deployments.apps': '3' };
      await api.resource(resourcequotas).create({ metadata: ref, spec: { hard } });
      await settle();
      assert.deepEqual(await used(), { pods: '2', 'requests.cpu': '500m', 'count/deployments.apps': '1' });
      await api.resource(pods).delete({ namespace: 'shop', name: 'a' });
      await settle();
      await clock.advance(100);
      await settle();
      assert.deepEqual(await used(), { pods: '1', 'requests.cpu': '250m', 'count/deployments.apps': '1' });
    },
    {
      prepare: async (api) => {
        const requests = { resources: { requests: { cpu: '250m' } } };
        for (const name of ['a', 'b'])
          await api.resource(pods).create({
            metadata: { name, namespace: 'shop' },
            spec: { containers: [{ name: 'main', image: 'x', ...requests }] },
          });
        const spec = { selector: {}, template: {} } as never;
        await api.resource(deployments).create({ metadata: { name: 'web', namespace: 'shop' }, spec });
        serveDiscovery(api, [deployments]);
      },
    },
  ));

test('a quota of quotas counts itself at once, however late other watches are', () =>
  runController(
    resourceQuotaController,
    async ({ api, settle }) => {
      const spec = { hard: { resourcequotas: '5' } };
      for (const [name, resourcequotaCount] of [
        ['first', '1'],
        ['second', '2'],
      ] as const) {
        const ref = { namespace: 'shop', name };
        await api.resource(resourcequotas).create({ metadata: ref, spec });
        await settle();
        const { status } = await api.resource(resourcequotas).get(ref);
        assert.deepEqual(status?.used, { resourcequotas: resourcequotaCount });
      }
    },
    { prepare: async (api) => serveDiscovery(api, [resourcequotas]), client: withLateMetadata },
  ));

/** A server whose metadata-only watches deliver nothing during the test. */
function withLateMetadata(api: FakeApi): ApiClient {
  return {
    transport: api.transport,
    json: (method, path, body) => api.json(method, path, body),
    resource: (type) => {
      const client = api.resource(type);
      const watch: typeof client.watch = async function* (options = {}) {
        if (options.metadataOnly && options.signal) await once(options.signal, 'abort');
        else yield* client.watch(options);
      };
      return new Proxy(client, {
        get(of, name) {
          const value: unknown = name === 'watch' ? watch : Reflect.get(of, name, of);
          return typeof value === 'function' ? value.bind(of) : value;
        },
      });
    },
  };
}
