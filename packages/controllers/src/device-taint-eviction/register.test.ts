import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Pod, pods } from '@typernetes/api/core/v1';
import {
  type DeviceToleration,
  type ResourceClaim,
  type ResourceSlice,
  resourceclaims,
  resourceslices,
} from '@typernetes/api/resource/v1';
import type { FakeApi } from '@typernetes/client/testing';
import type { Draft } from '@typernetes/machinery';
import { runController } from '../testing/index.ts';
import { deviceTaintEvictionController } from './register.ts';

const namespace = 'shop';
const ref = { namespace, name: 'worker' };

const slice = (taints: object[]): Draft<ResourceSlice> =>
  ({
    metadata: { name: 'node-1-gpu' },
    spec: {
      driver: 'gpu.example.com',
      pool: { name: 'node-1', generation: 1, resourceSliceCount: 1 },
      nodeName: 'node-1',
      devices: [{ name: 'gpu-0', taints }],
    },
  }) as Draft<ResourceSlice>;

async function prepare(api: FakeApi, tolerations: DeviceToleration[]): Promise<void> {
  const { metadata } = await api.resource(pods).create({
    metadata: ref,
    spec: { nodeName: 'node-1', containers: [], resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu' }] },
  } as Draft<Pod>);
  await api.resource(resourceslices).create(slice([]));
  const result = { request: 'gpu', driver: 'gpu.example.com', pool: 'node-1', device: 'gpu-0', tolerations };
  await api.resource(resourceclaims).create({
    metadata: { namespace, name: 'gpu' },
    spec: {},
    status: {
      allocation: { devices: { results: [result] } },
      reservedFor: [{ resource: 'pods', name: 'worker', uid: metadata.uid }],
    },
  } as Draft<ResourceClaim>);
}

const taint = { key: 'unhealthy', effect: 'NoExecute', timeAdded: '1970-01-01T00:00:00Z' };
const isThere = (api: FakeApi): Promise<boolean> =>
  api
    .resource(pods)
    .get(ref)
    .then(
      ({ metadata }) => metadata.deletionTimestamp === undefined,
      () => false,
    );

async function addTaint(api: FakeApi): Promise<void> {
  const { metadata } = await api.resource(resourceslices).get({ name: 'node-1-gpu' });
  const { spec } = slice([taint]);
  await api.resource(resourceslices).update({ metadata, spec });
}

test('a pod leaves when its device is tainted', () =>
  runController(
    deviceTaintEvictionController,
    async ({ api, settle }) => {
      await settle();
      assert.equal(await isThere(api), true);
      await addTaint(api);
      await settle();
      assert.equal(await isThere(api), false);
    },
    { prepare: (api) => prepare(api, []) },
  ));

test('a pod that tolerates the taint for ever stays, others as long as they may', () =>
  runController(
    deviceTaintEvictionController,
    async ({ api, settle }) => {
      await addTaint(api);
      await settle();
      assert.equal(await isThere(api), true);
    },
    { prepare: (api) => prepare(api, [{ operator: 'Exists' }]) },
  ));
