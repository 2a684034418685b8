import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Pod, pods } from '@typernetes/api/core/v1';
import {
  type ResourceClaim,
  type ResourceClaimTemplate,
  resourceclaims,
  resourceclaimtemplates,
} from '@typernetes/api/resource/v1';
import type { FakeApi } from '@typernetes/client/testing';
import type { Draft } from '@typernetes/machinery';
import { runController } from '../testing/index.ts';
import { resourceClaimController } from './register.ts';

const namespace = 'shop';
const worker: Draft<Pod> = {
  metadata: { name: 'worker', namespace },
  spec: { containers: [], resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'one-gpu' }] },
};
const template: Draft<ResourceClaimTemplate> = {
  metadata: { name: 'one-gpu', namespace },
  spec: { metadata: { labels: { team: 'a' } }, spec: {} },
};
const claimsOf = async (api: FakeApi): Promise<ResourceClaim[]> => (await api.resource(resourceclaims).list()).items;

test('a pod gets a claim from its template, with its name in the status, and releases it when it is done', () =>
  runController(
    resourceClaimController,
    async ({ api, settle }) => {
      const podClient = api.resource(pods);
      const claimClient = api.resource(resourceclaims);
      const [claim] = await claimsOf(api);
      assert.ok(claim);
      const name = claim.metadata.name;
      assert.match(name, /^worker-gpu-/);
      assert.deepEqual(
        [claim.metadata.labels, claim.metadata.annotations, claim.metadata.ownerReferences?.[0]?.kind],
        [{ team: 'a' }, { 'resource.kubernetes.io/pod-claim-name': 'gpu' }, 'Pod'],
      );
      const ref = { name: 'worker', namespace };
      assert.deepEqual((await podClient.get(ref)).status?.resourceClaimStatuses, [
        { name: 'gpu', resourceClaimName: name },
      ]);

      // Allocated, and the pod put on a node by hand: the reservation is made for it.
      await claimClient.patch(
        { name, namespace },
        { metadata: { finalizers: ['resource.kubernetes.io/delete-protection'] } },
        { type: 'merge' },
      );
      const allocated = { status: { allocation: { devices: {} } } };
      await claimClient.patch({ name, namespace }, allocated, { type: 'merge', subresource: 'status' });
      await podClient.patch(ref, { spec: { nodeName: 'a' } }, { type: 'merge' });
      await settle();
      const reserved = (await claimClient.get({ name, namespace })).status?.reservedFor;
      assert.deepEqual(
        reserved?.map(({ resource, name }) => [resource, name]),
        [['pods', 'worker']],
      );

      await podClient.patch(ref, { status: { phase: 'Succeeded' } }, { type: 'merge', subresource: 'status' });
      await settle();
      assert.deepEqual(await claimsOf(api), []);
      assert.ok(
        api.writes.includes(`update resourceclaims.resource.k8s.io/status ${namespace}/${name}`),
        'deallocated',
      );
    },
    {
      prepare: async (api) => {
        await api.resource(resourceclaimtemplates).create(template);
        await api.resource(pods).create(worker);
      },
    },
  ));

test("a user's claim stays when its pod is gone, free for the next", () =>
  runController(
    resourceClaimController,
    async ({ api, settle }) => {
      await api.resource(pods).delete({ name: 'worker', namespace });
      await settle();
      const [claim] = await claimsOf(api);
      assert.deepEqual([claim?.metadata.name, claim?.metadata.finalizers, claim?.status], ['shared', [], {}]);
    },
    {
      prepare: async (api) => {
        const spec = { containers: [], resourceClaims: [{ name: 'gpu', resourceClaimName: 'shared' }] };
        const pod = await api.resource(pods).create({ metadata: { name: 'worker', namespace }, spec });
        await api.resource(resourceclaims).create({
          metadata: { name: 'shared', namespace, finalizers: ['resource.kubernetes.io/delete-protection'] },
          spec: {},
          status: {
            allocation: {},
            reservedFor: [{ resource: 'pods', name: 'worker', uid: pod.metadata.uid }],
          },
        } as Draft<ResourceClaim>);
      },
    },
  ));

test('a missing template is reported to the pod', () =>
  runController(
    resourceClaimController,
    async ({ events }) =>
      assert.equal(
        events.seen[0],
        'Warning FailedResourceClaimCreation PodResourceClaim gpu: resource claim template "one-gpu": resourceclaimtemplate.resource.k8s.io "one-gpu" not found',
      ),
    { prepare: (api) => api.resource(pods).create(worker) },
  ));
