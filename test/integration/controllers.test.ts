import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Deployment, deployments, replicasets } from '@typernetes/api/apps/v1';
import { namespaces, pods, serviceaccounts } from '@typernetes/api/core/v1';
import { eventually, withApi } from './api.ts';
import { beside, controllers } from './control-plane.ts';

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } };

test('a Deployment creates pods, and all of it is deleted with its namespace', () =>
  withApi((client) =>
    beside([controllers(client)], async () => {
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
