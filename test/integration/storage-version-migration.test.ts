import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customresourcedefinitions } from '@typernetes/api/apiextensions/v1';
import { namespaces } from '@typernetes/api/core/v1';
import { type StorageVersionMigration, storageversionmigrations } from '@typernetes/api/storagemigration/v1beta1';
import type { ApiClient } from '@typernetes/client';
import { type ApiObject, findCondition, isConditionTrue, type ResourceType } from '@typernetes/machinery';
import { startControlPlane } from 'typernetes';
import { eventually, withRestartableApi } from './api.ts';
import { beside, controllers } from './control-plane.ts';

interface Port extends ApiObject {
  readonly spec: { readonly number: number };
}

const ports: ResourceType<Port> = {
  ...{ group: 'net.example', version: 'v1', plural: 'ports', singular: 'port' },
  ...{ kind: 'Port', listKind: 'PortList', namespaced: true },
};
const flags = ['--feature-gates=StorageVersionMigrator=true', '--runtime-config=storagemigration.k8s.io/v1beta1=true'];
const name = 'ports.net.example';

function versions(stored: 'v1' | 'v2'): object[] {
  const properties = { spec: { type: 'object', properties: { number: { type: 'integer' } } } };
  const schema = { openAPIV3Schema: { type: 'object', properties } };
  return ['v1', 'v2'].map((version) => ({ name: version, served: true, storage: version === stored, schema }));
}

/** The migration of a resource, once it has finished. */
async function migrated(client: ApiClient, resource: string, group: string): Promise<StorageVersionMigration> {
  const migrations = client.resource(storageversionmigrations);
  await migrations.create({ metadata: { name: resource }, spec: { resource: { group, resource } } });
  return await eventually(async () => {
    const migration = await migrations.get({ name: resource });
    const ended = ['Succeeded', 'Failed'].some((type) => isConditionTrue(migration.status?.conditions, type));
    return ended ? migration : undefined;
  });
}

test('objects are rewritten in the current version, and their definition drops the others', () =>
  withRestartableApi(async ({ client, store }) => {
    const run = controllers(client, { settings: { storageVersionMigrator: true } });
    await beside([run], async () => {
      const definitions = client.resource(customresourcedefinitions);
      await definitions.create({
        metadata: { name },
        spec: {
          ...{ group: 'net.example', scope: 'Namespaced', versions: versions('v1') },
          names: { plural: 'ports', singular: 'port', kind: 'Port', listKind: 'PortList' },
        },
      } as never);
      await eventually(async () => {
        const { status } = await definitions.get({ name });
        return findCondition(status?.conditions, 'Established')?.status === 'True' || undefined;
      });
      await client.resource(namespaces).create({ metadata: { name: 'other' }, spec: {} });
      for (const namespace of ['default', 'other'])
        await eventually(() =>
          client.resource(ports).create({ metadata: { name: 'web', namespace }, spec: { number: 80 } }),
        );
      await definitions.patch({ name }, { spec: { versions: versions('v2') } }, { type: 'merge' });
      await eventually(async () => {
        const { status } = await definitions.get({ name });
        return status?.storedVersions?.length === 2 || undefined;
      });
      const stored = async (): Promise<string[]> =>
        Promise.all(
          ['default', 'other'].map(async (namespace) => {
            const row = await store.get(`/registry/net.example/ports/${namespace}/web`);
            return JSON.parse(Buffer.from(row?.value ?? '{}').toString()).apiVersion as string;
          }),
        );
      assert.deepEqual(await stored(), ['net.example/v1', 'net.example/v1']);

      const { status } = await migrated(client, 'ports', 'net.example');
      assert.deepEqual(
        status?.conditions?.map(({ type, status: value, reason }) => [type, value, reason]),
        [
          ['Running', 'False', 'StorageVersionMigrationInProgress'],
          ['Succeeded', 'True', 'StorageVersionMigrationSucceeded'],
        ],
      );
      assert.match(status?.resourceVersion ?? '', /^\d+$/);
      assert.deepEqual(await stored(), ['net.example/v2', 'net.example/v2']);
      const definition = await definitions.get({ name });
      assert.deepEqual(definition.status?.storedVersions, ['v2']);
      assert.deepEqual(
        definition.status?.conditions?.find(({ type }) => type === 'StorageMigrating')?.message,
        'The migration has succeeded and the stored versions have been updated',
      );
      const owners = (await client.resource(ports).get({ name: 'web', namespace: 'default' })).metadata.managedFields;
      assert.equal(owners?.length, 1, 'nobody owns more than before');

      const failed = await migrated(client, 'nothing', 'net.example');
      const condition = findCondition(failed.status?.conditions, 'Failed');
      assert.equal(condition?.message, 'resource does not exist in discovery');
    });
  }, flags));

test('an imported control plane with the gate also migrates', async () => {
  await using plane = await startControlPlane({ apiServerFlags: flags });
  const { status } = await migrated(plane.client, 'namespaces', '');
  assert.equal(isConditionTrue(status?.conditions, 'Succeeded'), true);
});
