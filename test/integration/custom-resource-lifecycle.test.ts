import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customresourcedefinitions } from '@typernetes/api/apiextensions/v1';
import { configmaps, namespaces } from '@typernetes/api/core/v1';
import type { ApiClient } from '@typernetes/client';
import { type ApiObject, controllerReference, isNotFound, type ResourceType } from '@typernetes/machinery';
import { eventually, withApi } from './api.ts';
import { untilFound } from './cluster.ts';
import { beside, controllers } from './control-plane.ts';

const widgets: ResourceType<ApiObject> = {
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  singular: 'widget',
  listKind: 'WidgetList',
  namespaced: true,
};
const namespace = 'shop';

async function define(client: ApiClient): Promise<void> {
  await client.resource(customresourcedefinitions).create({
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  });
  await untilFound(() => client.resource(widgets).list({ namespace }));
}

const widget = (client: ApiClient, name: string, more: object = {}) =>
  client
    .resource(widgets)
    .create({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name, namespace, ...more } });

const gone = (work: () => Promise<unknown>) =>
  eventually(async () => {
    try {
      await work();
      return undefined;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return true;
    }
  });

test('custom objects own and are owned, and are deleted with their namespace once their finalizers are gone', () =>
  withApi((client) =>
    beside([controllers(client)], async () => {
      await client.resource(namespaces).create({ metadata: { name: namespace }, spec: {} });
      await define(client);
      const maps = client.resource(configmaps);
      const owner = await widget(client, 'owner');
      const part = await widget(client, 'part', { ownerReferences: [controllerReference(owner, widgets)] });
      const ownerReferences = [controllerReference(part, widgets)];
      await maps.create({ metadata: { name: 'leaf', namespace, ownerReferences } });
      await widget(client, 'stays', { finalizers: ['example.com/hold'] });

      // With foreground deletion the owner goes last.
      await client.resource(widgets).delete({ namespace, name: 'owner' }, { propagationPolicy: 'Foreground' });
      await gone(() => client.resource(widgets).get({ namespace, name: 'owner' }));
      for (const [type, name] of [[widgets, 'part'] as const, [configmaps, 'leaf'] as const])
        await assert.rejects(client.resource(type as ResourceType<ApiObject>).get({ namespace, name }), isNotFound);

      await client.resource(namespaces).delete({ name: namespace });
      const held = await eventually(async () => {
        const { status } = await client.resource(namespaces).get({ name: namespace });
        return status?.conditions?.find((one) => one.type === 'NamespaceFinalizersRemaining' && one.status === 'True');
      });
      assert.match(held.message ?? '', /example\.com\/hold in 1 resource instances/);
      await client
        .resource(widgets)
        .patch({ namespace, name: 'stays' }, { metadata: { finalizers: null } }, { type: 'merge' });
      await gone(() => client.resource(namespaces).get({ name: namespace }));
    }),
  ));
