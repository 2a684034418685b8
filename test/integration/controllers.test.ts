import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Deployment, deployments, replicasets } from '@typernetes/api/apps/v1';
import { namespaces, pods, serviceaccounts } from '@typernetes/api/core/v1';
import { runAll, systemClock, systemRandom } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiClient, eventRecorder, sharedInformers } from '@typernetes/client';
import { defaultSettings, registry } from '@typernetes/controllers';
import { eventually, withApi } from './api.ts';

/** All controllers over the API server of this process. */
async function withControllers(client: ApiClient, run: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const informers = sharedInformers({ client, log: silentLogger });
  const events = eventRecorder({ client, component: 'controllers', clock: systemClock, log: silentLogger });
  const context = {
    client,
    informers,
    events: () => events,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    settings: { ...defaultSettings, rootCa: 'CA' },
  };
  const controllers = registry.flatMap((definition) => definition.build(context) ?? []);
  const running = runAll([informers, ...controllers], stop.signal);
  try {
    await run();
  } finally {
    stop.abort();
    await running;
    await events.flush();
  }
}

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } };

test('a Deployment becomes pods, and all of it goes with its namespace', () =>
  withApi((client) =>
    withControllers(client, async () => {
      const namespace = 'shop';
      await client.resource(namespaces).create({ metadata: { name: namespace }, spec: {} });
      const account = { namespace, name: 'default' };
      await eventually(() =>
        client
          .resource(serviceaccounts)
          .get(account)
          .catch(() => undefined),
      );
      const deployment = client.resource<Deployment>(deployments);
      const spec = { replicas: 2, selector: { matchLabels: { app: 'web' } }, template };
      await deployment.create({ metadata: { name: 'web', namespace }, spec });
      const created = await eventually(async () => {
        const { items } = await client.resource(pods).list({ namespace });
        return items.length === 2 ? items : undefined;
      });
      assert.equal(created[0]?.metadata.labels?.app, 'web');
      await eventually(async () => {
        const { status } = await deployment.get({ namespace, name: 'web' });
        return status?.replicas === 2 ? status : undefined;
      });

      await deployment.delete({ namespace, name: 'web' }, { propagationPolicy: 'Background' });
      await eventually(async () => {
        const sets = await client.resource(replicasets).list({ namespace });
        const left = await client.resource(pods).list({ namespace });
        return sets.items.length + left.items.length === 0 ? true : undefined;
      });
      await client.resource(namespaces).delete({ name: namespace });
      await eventually(async () => {
        const { items } = await client.resource(namespaces).list();
        return items.some(({ metadata }) => metadata.name === namespace) ? undefined : true;
      });
    }),
  ));
